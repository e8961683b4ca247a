/** What `tidy` and `prune` may remove, and why the rest stays. Pure. */
import { fromOf, targetOf, toOf } from "./Attempt.ts"
import { descent } from "./descent.ts"
import type { Ref } from "./Ref.ts"
import type { AppState } from "./State.ts"
import { isoMillis } from "./time.ts"

/** A snapshot is kept if either says so. */
export interface Retention {
  /** How many snapshots are kept. */
  readonly keep: number
  /** Snapshots that are younger than this are kept; absent: age does not matter. */
  readonly keepWithinMs?: number
}

export interface RetainedSnapshot {
  readonly id: string
  readonly stays: boolean
  readonly why: string
}

const units = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000]
] as const

/** As in the configuration: `14d`. @param ms of a whole number of some unit, as there. */
export const ageText = (ms: number): string => {
  const [unit, length] = units.find(([, one]) => ms % one === 0) ?? ["ms", 1]
  return `${ms / length}${unit}`
}

const ruleText = ({ keep, keepWithinMs }: Retention): string => {
  const count = keep === 1 ? "1 snapshot is" : `${keep} snapshots are`
  return keepWithinMs === undefined ? `only ${count} kept` : `only ${count} kept, and those of ${ageText(keepWithinMs)}`
}

/**
 * Every snapshot with its verdict, oldest first. The newest of all stays, and the newest of the last good version, which a
 * rollback would use (LAW-4). Snapshots of tries and of rolled-back upgrades count neither towards `keep` nor `keepWithin` and
 * go first, so that neither many tries nor a version that fails every night costs the snapshot of an earlier version. LAW-15:
 * snapshots of data from which the present data does not descend are not counted, and stay until an operator removes them.
 *
 * @param now epoch milliseconds.
 */
export const retained = (state: AppState, rule: Retention, now: number): ReadonlyArray<RetainedSnapshot> => {
  const newest = state.snapshots.at(-1)?.id
  const lastGood = state.snapshots.findLast((s) => s.version === state.lastGood?.version)?.id
  const ancestors = descent(state)
  const count = Math.max(1, rule.keep)
  const counted = state.snapshots.filter(({ id, spent }) => ancestors.has(id) && !spent).slice(-count)
  return state.snapshots.map((snapshot): RetainedSnapshot => {
    const { at, id, spent } = snapshot
    const stay = (why: string): RetainedSnapshot => ({ id, stays: true, why })
    const go = (why: string): RetainedSnapshot => ({ id, stays: false, why })
    if (id === newest) return stay("the newest")
    if (id === lastGood) return stay("the newest of the last good version")
    if (!ancestors.has(id)) return stay("the present data does not descend from it, so only you can remove it")
    if (spent) return go("it belonged to a try or a rolled-back upgrade and is superseded")
    if (counted.includes(snapshot)) return stay(`one of the last ${count}`)
    const within = rule.keepWithinMs
    if (within !== undefined && isoMillis(at) > now - within) return stay(`not older than ${ageText(within)}`)
    return go(ruleText(rule))
  })
}

/** Snapshots to prune, oldest first. */
export const prunable = (state: AppState, rule: Retention, now: number): ReadonlyArray<RetainedSnapshot> =>
  retained(state, rule, now).filter(({ stays }) => !stays)

/** Data set aside whose keep time is over (LAW-3), or of an earlier try. Called only after the health gate passed. */
export const expiredAside = (state: AppState, now: number): ReadonlyArray<string> => {
  const newest = state.aside.findLast((x) => x.tried)
  return state.aside.filter((x) => isoMillis(x.until) <= now || (x.tried && x !== newest)).map((x) => x.attempt)
}

/**
 * The same at any time: nothing of an app that is down, unhealthy or in the middle of an attempt, whose set-aside data may still
 * be wanted (LAW-3).
 */
export const prunableAside = (state: AppState, now: number): ReadonlyArray<string> =>
  state.attempt === null && state.down === null && state.unhealthy === null ? expiredAside(state, now) : []

/** The releases to keep on disk: of the running version, of the data, and of each snapshot. */
export const keptReleases = ({ running, data, lastGood, snapshots, attempt }: AppState): ReadonlyArray<Ref> =>
  [
    running,
    data,
    lastGood,
    ...(attempt === null ? [] : [fromOf(attempt), toOf(attempt), targetOf(attempt)]),
    ...snapshots
  ].flatMap((ref) => (ref === null ? [] : [{ version: ref.version, commit: ref.commit }]))
