/** The outcome of an attempt, and the alerts and refusals that it ends. Pure. */

import { type Attempt, forwardOf, kindOf } from "../Attempt.ts"
import { type AlertSubject, type Keep, resolvedBy } from "../alerts.ts"
import type { DataOf } from "../Event.ts"
import { advise, type Next, nextText } from "../Next.ts"
import type { Ref } from "../Ref.ts"
import { type AppState, isProvenWell, type Outcome } from "../State.ts"
import { type Removed, stoppedText } from "../stopped.ts"
import { recoveredAs, triedIn } from "../trying.ts"
import { compareVersions } from "../Version.ts"
import { finish, withAttempt } from "./attempt.ts"

const committed: ReadonlyArray<AlertSubject> = [
  "attempt",
  "refused",
  "unhealthy",
  "drift",
  "data-missing",
  "log-behind"
]

/** The snapshot that the rollback restores. */
const restoredBy = (a: Attempt | null): string | null => (a?.direction === "back" ? a.snapshot : null)

/** The version rolled back to is healthy. If its data was restored, alerts about the data are resolved too. */
const resolvedByReturn = (state: AppState, ref: Ref, at: string, keep: Keep): AppState => {
  const data: ReadonlyArray<AlertSubject> = restoredBy(state.attempt) === null ? [] : ["data-missing", "log-behind"]
  return resolvedBy(
    state,
    { at, by: `${ref.version} is running and healthy`, ref },
    ["unhealthy", "drift", ...data],
    keep
  )
}

/**
 * A snapshot was captured; if the app was started again after it, its health gate passed. Or the app was stopped, so that
 * its health is over.
 */
const resolvedByEnd = (state: AppState, outcome: Outcome, at: string, keep: Keep): AppState => {
  const a = state.attempt
  if (a?.direction === "forward" && a.kind === "stop" && outcome === "done") {
    return resolvedBy(state, { at, by: `it was stopped by ${a.by}`, ref: a.of }, ["unhealthy"], keep)
  }
  if (a?.direction === "forward" && a.kind === "remove" && outcome === "done") {
    return resolvedBy(state, { at, by: `it was removed by ${a.by}`, ref: a.of }, committed, keep)
  }
  if (a?.direction !== "forward" || a.kind !== "snapshot" || outcome !== "done") return state
  const up: ReadonlyArray<AlertSubject> = a.plan.includes("deploy") ? ["unhealthy"] : []
  return resolvedBy(state, { at, by: "a snapshot was taken", ref: a.of }, ["attempt", "refused", ...up], keep)
}

/** An attempt that begins ends the refusal of its version, so that a later refusal is recorded again. */
export const refusedBut = ({ refused }: AppState, of: Ref): AppState["refused"] =>
  refused?.to.version === of.version ? null : refused

/** The refusal of a version ends once that version or a newer one passes the gates or runs. */
export const refusedBeyond = ({ refused }: AppState, version: string): AppState["refused"] =>
  refused !== null && compareVersions(refused.to.version, version) > 0 ? refused : null

/** An approval ends when an attempt at that version or a newer one begins: if it fails, an operator decides again. */
export const approvedBeyond = ({ approved }: AppState, version: string): AppState["approved"] =>
  approved !== null && compareVersions(approved.version, version) > 0 ? approved : null

/** `promote --at-teardown`: the app passed its health gate, was taken down for its snapshot, and stays down. */
const isTakenDown = (a: Attempt | null): boolean =>
  a?.direction === "forward" && a.kind === "promote" && a.snapshotTaken && !a.plan.includes("deploy")

/** A snapshot of an app that is already down does not change whether it should run (LAW-10). */
export const runningAfterUndeploy = ({ attempt, running }: AppState): Ref | null =>
  attempt !== null && kindOf(attempt) === "snapshot" && !attempt.plan.includes("deploy") ? running : null

/** `stop`: the app is down and stays down, so there is no trouble with it any more. */
export const stoppedIn = ({ app, attempt: a }: AppState, at: string): Partial<Pick<AppState, "down" | "unhealthy">> =>
  a?.direction === "forward" && a.kind === "stop"
    ? {
        down: {
          reason: `it was ${stoppedText({ since: at, by: a.by })}`,
          next: nextText(app, { do: "Start" }),
          asked: true,
          stopped: { since: at, by: a.by }
        },
        unhealthy: null
      }
    : {}

export const nextAfterRemoval = (app: string, { snapshot, volumes }: Pick<Removed, "snapshot" | "volumes">): string => {
  const back: Next = volumes.length > 0 ? { do: "Restore", snapshot } : { do: "Deploy" }
  return nextText(app, advise`take it out of lastgood.yaml, or bring it back: ${back}`)
}

/** Volumes that are about to be deleted are given up: no version starts on what a kill leaves of them (LAW-15). */
export const removed = (state: AppState, { by, snapshot, volumes }: DataOf<"AppRemoved">, at: string): AppState => {
  const { app } = state
  const isGivenUp = volumes.length > 0
  const next: AppState = {
    ...state,
    running: null,
    down: {
      reason: `it was removed by ${by} at ${at}`,
      next: nextAfterRemoval(app, { snapshot, volumes }),
      asked: true,
      stopped: { since: at, by },
      removed: { snapshot, volumes, erased: false }
    },
    unhealthy: null,
    refused: null,
    ...(isGivenUp ? { data: null, tip: null, noted: null } : {})
  }
  return finish(next, "remove")
}

export const erased = (state: AppState): AppState => {
  const { down } = state
  const gone = down?.removed === undefined ? down : { ...down, removed: { ...down.removed, erased: true } }
  return finish({ ...state, down: gone }, "erase")
}

const takenDown = ({ app }: AppState): AppState["down"] => ({
  reason: "it was stopped by the operator (promote --at-teardown)",
  next: nextText(app, { do: "Deploy" }),
  asked: true
})

/** Trouble that the watch recorded ends only with an event of its own. */
const unhealthyAfter = ({ unhealthy }: AppState, { outcome, why }: DataOf<"AttemptEnded">, at: string) => {
  if (outcome === "unhealthy") return unhealthy ?? { since: at, what: why, seenBy: "attempt" as const }
  return unhealthy?.seenBy === "attempt" && isProvenWell(outcome) ? null : unhealthy
}

/**
 * After a commit, the state keeps this many of the quarantined versions before it, which matter only after a rollback to an
 * older snapshot.
 */
const mostQuarantined = 50

/** LAW-5: a new last good version, which resolves its alerts. */
export const committedAs = (
  state: AppState,
  { commit, version }: DataOf<"UpgradeCommitted" | "SnapshotPromoted">,
  at: string,
  keep: Keep
): AppState => {
  const ref: Ref = { version, commit }
  const isDown = isTakenDown(state.attempt)
  const by = `${version} is the last good version`
  const next: AppState = {
    ...resolvedBy(state, { at, by, ref }, committed, keep),
    running: isDown ? null : ref,
    deployed: state.deployed && state.attempt?.done.includes("deploy") === true,
    data: ref,
    lastGood: ref,
    lastGoodAt: at,
    down: isDown ? takenDown(state) : null,
    unhealthy: isDown ? null : state.unhealthy,
    approved: approvedBeyond(state, version),
    refused: refusedBeyond(state, version),
    quarantined: state.quarantined.filter((q) => q.version !== version).slice(-mostQuarantined)
  }
  return finish(
    withAttempt(next, (a) => ({ ...a, outcome: "committed" })),
    "commit"
  )
}

export const rolledBack = (
  state: AppState,
  { lastGood, reason, recovered }: DataOf<"RolledBack">,
  at: string,
  keep: Keep
): AppState => {
  const forward = state.attempt === null ? null : forwardOf(state.attempt)
  const upgraded = forward?.kind === "upgrade" ? forward.snapshot : null
  const snapshots = state.snapshots.map((s) => (recovered && s.id === upgraded ? { ...s, spent: true } : s))
  const next: AppState =
    recovered && lastGood !== null
      ? { ...resolvedByReturn(state, lastGood, at, keep), snapshots, lastGood, lastGoodAt: at }
      : { ...state, snapshots }
  const outcome = recovered ? recoveredAs(state.attempt) : "unhealthy"
  return finish(
    withAttempt(next, (a) => ({ ...a, outcome, why: reason })),
    "conclude"
  )
}

export const rollbackFailed = (state: AppState, { leftDown, next, reason }: DataOf<"RollbackFailed">): AppState => {
  const down = leftDown ? { reason, next, asked: false } : state.down
  return finish(
    withAttempt({ ...state, down, unhealthy: leftDown ? null : state.unhealthy }, (a) => ({
      ...a,
      outcome: leftDown ? "left-down" : "unhealthy",
      why: reason
    })),
    "conclude"
  )
}

/** The breaker of the host counts these; more would not change what it says. */
const rollbacksKept = 10

/** Upgrades of the app that the breaker of the host counts. */
const counted = (
  { attempt, rollbacks, upgradedAt }: AppState,
  outcome: Outcome,
  at: string
): Pick<AppState, "rollbacks" | "upgradedAt"> => {
  const upgrade = attempt === null ? null : forwardOf(attempt)
  if (upgrade?.kind !== "upgrade") return { rollbacks, upgradedAt }
  if (outcome === "committed") return { rollbacks: [], upgradedAt: at }
  const isRolledBack = ["recovered", "unhealthy", "left-down"].includes(outcome)
  return isRolledBack && upgrade.trigger === "reconciler"
    ? { rollbacks: [...rollbacks, { version: upgrade.to.version, at }].slice(-rollbacksKept), upgradedAt }
    : { rollbacks, upgradedAt }
}

export const attemptEnded = (
  state: AppState,
  data: DataOf<"AttemptEnded">,
  attempt: string | null,
  at: string,
  keep: Keep
): AppState => {
  const lacks = state.snapshots.find((s) => s.id === restoredBy(state.attempt))?.leftOut
  return {
    ...resolvedByEnd(state, data.outcome, at, keep),
    ...counted(state, data.outcome, at),
    attempt: null,
    unhealthy: unhealthyAfter(state, data, at),
    lastOutcome: {
      attempt: attempt ?? "",
      ...data,
      at,
      tried: triedIn(state),
      ...(lacks === undefined ? {} : { leftOut: lacks })
    }
  }
}
