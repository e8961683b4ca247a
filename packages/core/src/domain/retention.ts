/** What `tidy` may remove. Pure. */
import type { AppState } from "./State.ts"
import { isoMillis } from "./time.ts"

/**
 * Snapshots beyond `keep`, oldest first. Never: the newest of all, and the newest that belongs to the last good version
 * (LAW-4: the one that a way back would use).
 */
export const prunable = (state: AppState, keep: number): ReadonlyArray<string> => {
  const newest = state.snapshots.at(-1)?.id
  const lastGood = state.snapshots.findLast((s) => s.version === state.lastGood?.version)?.id
  const excess = state.snapshots.slice(0, Math.max(0, state.snapshots.length - Math.max(1, keep)))
  return excess.map((s) => s.id).filter((id) => id !== newest && id !== lastGood)
}

/** Data set aside whose keep time is over (LAW-3). Asked only after the app was seen healthy. */
export const expiredAside = (state: AppState, now: number): ReadonlyArray<string> =>
  state.aside.filter((x) => isoMillis(x.until) <= now).map((x) => x.attempt)
