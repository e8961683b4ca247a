/** All that the daemon knows of an app's past, for its pages and metrics: one fold over the app's events. Pure. */
import type { Recorded } from "@lastgood/core/domain/evolve"
import { type Counts, countsAfter, noCounts } from "./Counts.ts"
import { type History, historyAfter, noHistory } from "./History.ts"

export interface Past extends History {
  readonly counts: Counts
}

export const noPast = (app: string): Past => ({ ...noHistory(app), counts: noCounts })

/** Adds one event. */
export const pastAfter = (past: Past, recorded: Recorded): Past => {
  const after = historyAfter(past, recorded)
  return { ...after, counts: countsAfter(past.counts, recorded, { before: past, after }) }
}
