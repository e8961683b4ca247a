/** Default settings. The texts of the schema and the documentation repeat them. */
import type { Settings } from "../domain/App.ts"

const second = 1000
const minute = 60 * second

/** How many automatic upgrades in a row, of any apps of the host, may be rolled back before the others stop. */
export const defaultBreaker = 3

/** The settings of an app without any of its own. */
export const defaultSettings: Settings = {
  policy: "minor",
  minimumAgeMs: 0,
  releaseNotes: "hold",
  schedule: null,
  intervalMs: 15 * minute,
  windows: [],
  after: [],
  gate: { deadlineMs: 5 * minute, stableForMs: 10 * second, intervalMs: 2 * second, checks: [] },
  watchMs: minute,
  snapshot: { keep: 3, filters: {}, asideMs: 7 * 24 * 60 * minute },
  deadlines: { prefetchMs: 30 * minute, undeployMs: 2 * minute, deployMs: 10 * minute, stallMs: 15 * minute },
  settledBy: new Map()
}
