import type { EffectiveApp } from "@lastgood/core/domain/App"
import { fromTags } from "@lastgood/core/domain/VersionsFrom"

/** An app of the local runtime whose health gate passes at once. A test sets only what matters to it. */
export const testApp = (over: Partial<EffectiveApp> = {}): EffectiveApp => ({
  name: "notes",
  recipe: "/recipes/notes",
  versions: fromTags,
  recipeName: "notes",
  runtime: "local",
  domain: "notes.example.org",
  stack: "notes_example_org",
  envFile: null,
  volumes: ["data"],
  folder: null,
  data: new Map(),
  policy: "minor",
  minimumAgeMs: 0,
  releaseNotes: "hold",
  settledBy: new Map(),
  schedule: null,
  windows: [],
  after: [],
  intervalMs: 60_000,
  gate: { deadlineMs: 1000, stableForMs: 0, intervalMs: 100, checks: [] },
  snapshot: { keep: 3, filters: {}, asideMs: 0 },
  watchMs: null,
  deadlines: { prefetchMs: 1000, undeployMs: 1000, deployMs: 1000, stallMs: 1000 },
  dir: "/root/notes",
  stage: "effective",
  extension: null,
  ...over
})
