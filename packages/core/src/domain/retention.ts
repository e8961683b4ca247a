/** What `tidy` may remove. Pure. */
import { fromOf, targetOf, toOf } from "./Attempt.ts"
import { descent } from "./descent.ts"
import type { Ref } from "./Ref.ts"
import type { AppState } from "./State.ts"
import { isoMillis } from "./time.ts"

/**
 * Snapshots beyond `keep`, oldest first. Never: the newest of all, and the newest that belongs to the last good version
 * (LAW-4: the one that a way back would use). Those of tries, and of upgrades that went back, are not counted and go before:
 * neither a busy day of tries nor a version that fails night after night must cost the snapshot of an earlier version.
 * LAW-15: snapshots of other data than the present one are neither counted nor removed; that is an operator's to decide.
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

/** Data set aside whose keep time is over (LAW-3); that of a try, with the next try. Asked only after the app was seen healthy. */
export const expiredAside = (state: AppState, now: number): ReadonlyArray<string> => {
  const newest = state.aside.findLast((x) => x.tried)
  return state.aside.filter((x) => isoMillis(x.until) <= now || (x.tried && x !== newest)).map((x) => x.attempt)
}

/** The releases that something may still start from: what runs, what the data and each snapshot belong to. */
export const keptReleases = ({ running, data, lastGood, snapshots, attempt }: AppState): ReadonlyArray<Ref> =>
  [
    running,
    data,
    lastGood,
    ...(attempt === null ? [] : [fromOf(attempt), toOf(attempt), targetOf(attempt)]),
    ...snapshots
  ].flatMap((ref) => (ref === null ? [] : [{ version: ref.version, commit: ref.commit }]))
