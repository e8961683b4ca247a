/** What `tidy` may remove. Pure. */
import { fromOf, targetOf, toOf } from "./Attempt.ts"
import { descent } from "./descent.ts"
import type { Ref } from "./Ref.ts"
import type { AppState } from "./State.ts"
import { isoMillis } from "./time.ts"

/**
 * Snapshots to prune, oldest first. Never the newest of all, nor the newest of the last good version, which a rollback
 * would use (LAW-4). Snapshots of tries and of rolled-back upgrades do not count towards `keep` and are pruned first, so
 * that neither many tries nor a version that fails every night costs the snapshot of an earlier version. LAW-15: snapshots
 * of data from which the present data does not descend are neither counted nor pruned; an operator removes them.
 */
export const prunable = (state: AppState, keep: number): ReadonlyArray<string> => {
  const newest = state.snapshots.at(-1)?.id
  const lastGood = state.snapshots.findLast((s) => s.version === state.lastGood?.version)?.id
  const ancestors = descent(state)
  const own = state.snapshots.filter(({ id }) => ancestors.has(id))
  const kept = own.filter((s) => !s.spent).slice(-Math.max(1, keep))
  const excess = own.filter((s) => !kept.includes(s))
  return excess.map((s) => s.id).filter((id) => id !== newest && id !== lastGood)
}

/** Data set aside whose keep time is over (LAW-3), or of an earlier try. Called only after the health gate passed. */
export const expiredAside = (state: AppState, now: number): ReadonlyArray<string> => {
  const newest = state.aside.findLast((x) => x.tried)
  return state.aside.filter((x) => isoMillis(x.until) <= now || (x.tried && x !== newest)).map((x) => x.attempt)
}

/** The releases to keep on disk: of the running version, of the data, and of each snapshot. */
export const keptReleases = ({ running, data, lastGood, snapshots, attempt }: AppState): ReadonlyArray<Ref> =>
  [
    running,
    data,
    lastGood,
    ...(attempt === null ? [] : [fromOf(attempt), toOf(attempt), targetOf(attempt)]),
    ...snapshots
  ].flatMap((ref) => (ref === null ? [] : [{ version: ref.version, commit: ref.commit }]))
