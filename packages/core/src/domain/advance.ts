/**
 * `advance`: the next step of the attempt in flight, from the log alone. Pure and total. Asked after every recorded event
 * and after every start of lastgood, it is what makes a crash at any point resumable.
 */

import { subjectOf, unresolvedAlerts } from "./alerts.ts"
import { hasVersion, record } from "./answers.ts"
import { brief } from "./brief.ts"
import type { Decision } from "./Decision.ts"
import { type Event, make } from "./Event.ts"
import { tooOften } from "./interrupted.ts"
import { isPerformed, performed, rollbackPlan } from "./Plan.ts"
import type { AppState, Attempt, Ending, Failure } from "./State.ts"
import { iso } from "./time.ts"
import { goBack, interruptedError, interruption, isTry, wayOut } from "./trying.ts"
import { butFor } from "./volumeFilter.ts"
import { isForRoom, noRoomError, triesForRoom, tryAgain, waitForRoom } from "./waiting.ts"

/** How often a step of the way back may fail before it is given up. */
export const maxTries = 4

/** Milliseconds to wait before a step that failed is tried again: an engine that restarts needs some. */
export const retryAfterMs = (failures: number): number =>
  failures === 0 ? 0 : Math.min(1000 * 5 ** (failures - 1), 30_000)

const day = 24 * 60 * 60 * 1000

/** LAW-8: one day, four, sixteen, then thirty. */
export const quarantineMs = (failures: number): number => Math.min(day * 4 ** (failures - 1), 30 * day)

/** A full disk says nothing about a version: it is tried again within hours. */
export const quarantineForRoomMs = (failures: number): number => Math.min((day / 24) * 4 ** (failures - 1), day)

const ended = (outcome: Ending, why: string): Event => make("AttemptEnded", { outcome, why })

/** @param about tells two alerts of one attempt apart: the same id would be the same alert, delivered again. */
const alert = (
  state: AppState,
  a: Attempt,
  outcome: Ending,
  recovered: boolean,
  why: string,
  next: string,
  about: string = outcome
): Event =>
  make("AlertRaised", {
    alert: `${a.id}-${about}`,
    // An app that came back, whatever failed after it, is well.
    subject: recovered && outcome !== "refused" ? "attempt" : subjectOf(outcome, a.failed?.step),
    outcome,
    attempted: a.back?.attempted ?? a.to,
    // What was brought back is the last good version from now on.
    lastGood: recovered && a.back !== null ? a.back.to : state.lastGood,
    recovered,
    why,
    next
  })

/** A snapshot is taken of the same version on its own data only for a new env file. */
const againOf = (a: Attempt): string =>
  a.kind === "deploy" && a.snapshotTaken
    ? "The env file of before is in force again: correct the new one, then lastgood deploy <app>"
    : "See to the reason, then ask again"

const isSame = (a: Attempt): boolean => a.from?.version === a.to?.version && a.from?.commit === a.to?.commit

const quarantine = (state: AppState, a: Attempt, failure: Failure, now: number): ReadonlyArray<Event> => {
  const version = a.to
  if (version === null || isSame(a) || ["snapshot", "promote", "try"].includes(a.kind)) return []
  // LAW-15: that data went missing says nothing about a version.
  if (failure.error === "DataLost") return []
  const before = state.quarantined.find((q) => q.version === version.version && q.commit === version.commit)
  const failures = (before?.failures ?? 0) + 1
  const forMs = isForRoom(failure) ? quarantineForRoomMs(failures) : quarantineMs(failures)
  return [make("VersionQuarantined", { ...version, reason: failure.reason, failures, until: iso(now + forMs) })]
}

/** The app was up before this attempt took it down. A deploy is of one that is down, or of one with a new env file. */
const wasUp = (a: Attempt): boolean =>
  a.kind === "promote" || (a.plan.includes("deploy") && (a.kind !== "deploy" || a.wasRunning))

/** It was up as something that lastgood did not deploy, and cannot be brought back as that. */
const leaveDown = (state: AppState, a: Attempt, { next, reason, step }: Failure): Decision => {
  const advice = `${next === "" ? "" : `${next}; `}then lastgood deploy <app>`
  const why = `${step} failed after it was taken down: ${reason}`
  return record(
    make("RollbackFailed", { attempted: a.to, lastGood: null, leftDown: true, reason: why, next: advice }),
    alert(state, a, "left-down", false, why, advice),
    ended("left-down", why)
  )
}

/** LAW-10, once an episode: the daemon tries again with each pass, and nothing has come of the last time. */
const isToldOf = (state: AppState, { to }: Attempt): boolean =>
  unresolvedAlerts(state, ["unhealthy"]).some(
    ({ attempted, outcome }) => outcome === "unhealthy" && attempted?.version === to?.version
  )

const forwardFailed = (state: AppState, a: Attempt, failure: Failure, now: number): Decision => {
  const { step, reason, next } = failure
  // The result stands; only cleaning up did not work.
  if (step === "seal" || step === "tidy") {
    const outcome = a.outcome ?? "failed"
    return record(
      alert(state, a, outcome, true, `after it was done, ${step} failed: ${reason}`, next),
      ended(outcome, reason)
    )
  }
  if (step === "prefetch" || step === "check") {
    if (a.kind === "try") return record(ended("refused", next === "" ? reason : `${reason}; ${next}`))
    if (a.kind === "upgrade" && a.to !== null) {
      const refusal = { from: a.from, to: a.to, gate: step, reason, next }
      return record(
        make("UpgradeRefused", refusal),
        ...quarantine(state, a, failure, now),
        alert(state, a, "refused", true, reason, next),
        ended("refused", reason)
      )
    }
    return record(alert(state, a, "failed", true, reason, next), ended("failed", reason))
  }
  if (!a.deployBegun) {
    // LAW-2: the data is as it was; only the version has to come back.
    if (wasUp(a) && a.from === null) return leaveDown(state, a, failure)
    if (!wasUp(a) || a.from === null) {
      return record(alert(state, a, "failed", false, reason, next), ended("failed", reason))
    }
    return record(
      make("RollbackStarted", {
        attempted: a.to,
        lastGood: a.from,
        snapshot: null,
        by: "failure",
        reason,
        plan: rollbackPlan({ to: a.from, snapshot: null })
      }),
      ...quarantine(state, a, failure, now)
    )
  }
  if (!a.snapshotTaken && a.from === null) {
    // A first install with no data before it: there is nothing to go back to and nothing to put back.
    return record(
      make("RollbackStarted", {
        attempted: a.to,
        lastGood: null,
        snapshot: null,
        by: "failure",
        reason,
        plan: rollbackPlan({ to: null, snapshot: null })
      })
    )
  }
  if (!a.snapshotTaken) {
    // The same version on its own data: there is nothing else to go back to.
    const advice = `look at the app's logs; then lastgood deploy <app>, or lastgood rollback <app>`
    return record(
      make("RollbackFailed", { attempted: a.to, lastGood: a.from, leftDown: false, reason, next: advice }),
      ...(isToldOf(state, a) ? [] : [alert(state, a, "unhealthy", false, reason, advice)]),
      ended("unhealthy", reason)
    )
  }
  return record(
    make("RollbackStarted", {
      attempted: a.to,
      lastGood: a.from,
      snapshot: a.snapshot,
      by: "failure",
      reason,
      plan: rollbackPlan({ to: a.from, snapshot: a.snapshot })
    }),
    ...quarantine(state, a, failure, now)
  )
}

/** Could not go back: say so, and leave the app where nothing worse can happen to it. */
const giveUp = (state: AppState, a: Attempt, failure: Failure, leftDown: boolean): Decision => {
  const back = a.back
  const reason = `${brief(back?.reason ?? "", 250)}; then ${failure.step} of the way back failed: ${failure.reason}`
  const next = `${failure.next === "" ? "" : `${failure.next}; `}then ${wayOut(a) ?? "lastgood rollback <app> (lastgood snapshots <app> lists what there is)"}`
  const outcome = leftDown ? "left-down" : "unhealthy"
  return record(
    make("RollbackFailed", { attempted: back?.attempted ?? null, lastGood: back?.to ?? null, leftDown, reason, next }),
    alert(state, a, outcome, false, reason, next),
    ended(outcome, reason)
  )
}

const backFailed = (state: AppState, a: Attempt, failure: Failure, isResumed: boolean): Decision => {
  const back = a.back
  if (back === null) return record(ended("failed", a.why))
  if (a.outcome !== null) {
    // The result stands; only cleaning up did not work.
    const recovered = a.outcome !== "unhealthy" && a.outcome !== "left-down"
    const why = `after it was rolled back, ${failure.step} failed: ${failure.reason}`
    return record(alert(state, a, a.outcome, recovered, why, failure.next, failure.step), ended(a.outcome, a.why))
  }
  // A failure that may pass (an engine that does not answer, a disk that is full for a moment) must not leave an app down
  // that could be brought back. An answer is no such failure: it is the same when asked again.
  const unusable = failure.error === "SnapshotDamaged" || failure.error === "SnapshotMissing"
  const answered = failure.error === "HealthFailed" || unusable
  // An operator's own rollback has touched nothing yet: the answer is given at once.
  const isUntouched = failure.step === "stage" && a.kind === "rollback"
  if (isPerformed(failure.step) && !answered && !isUntouched) {
    if (a.failures < (isForRoom(failure) ? triesForRoom : maxTries)) return tryAgain(a, failure.step)
    if (isForRoom(failure)) {
      const told = (why: string, next: string) => alert(state, a, "left-down", false, why, next, "waiting")
      return waitForRoom(a, failure, told, isResumed)
    }
  }
  switch (failure.step) {
    case "stage":
      if (a.kind === "rollback") {
        // The version that runs was quarantined as it was left; it was not left.
        const stays = state.quarantined.filter((q) => q.version === state.running?.version)
        return record(
          alert(state, a, "failed", true, failure.reason, failure.next),
          ...stays.map(({ version }) => make("QuarantineLifted", { version })),
          ended("failed", failure.reason)
        )
      }
      // LAW-9: the snapshot cannot be used and LAW-2 forbids the old version on this data: down, on purpose.
      return record(
        make("RollbackStarted", {
          attempted: back.attempted,
          lastGood: null,
          snapshot: null,
          by: "failure",
          reason: `${brief(back.reason, 250)}; then the snapshot could not be used: ${failure.reason}`,
          plan: rollbackPlan({ to: null, snapshot: null })
        })
      )
    case "health":
      return record(
        make("RolledBack", {
          attempted: back.attempted,
          lastGood: back.to,
          recovered: false,
          reason: `${brief(back.reason, 250)}; then ${failure.reason}`
        }),
        alert(
          state,
          a,
          "unhealthy",
          false,
          `${brief(back.reason, 250)}; rolled back, but then ${failure.reason}`,
          "look at the app's logs, then lastgood rollback <app> or lastgood promote <app>"
        ),
        ended("unhealthy", failure.reason)
      )
    default:
      return giveUp(state, a, failure, failure.step !== "undeploy")
  }
}

const commit = (state: AppState, a: Attempt): Decision => {
  const ref = a.to
  if (ref === null) return record(ended("failed", "nothing to commit"))
  if (a.kind === "promote") {
    return record(make("SnapshotPromoted", { ...ref, snapshot: a.snapshotTaken ? a.snapshot : null }))
  }
  return record(make("UpgradeCommitted", { ...ref, previous: state.lastGood }))
}

/** LAW-15: "with its data" only where nothing was left out of it. */
const dataOf = (state: AppState, snapshot: string | null): string =>
  snapshot === null
    ? "and its data was not touched"
    : `with its data${butFor(state.snapshots.find((s) => s.id === snapshot)?.leftOut)}`

const conclude = (state: AppState, a: Attempt): Decision => {
  const back = a.back
  if (back === null) return record(ended("failed", "nothing to conclude"))
  const { attempted, to, reason, by } = back
  if (to === null) {
    const other = state.snapshots.some(hasVersion) ? ", or lastgood restore <app>" : ""
    const next = `lastgood log <app> says what happened; then lastgood deploy <app> --to <a version that works>${other}`
    return record(
      make("RollbackFailed", { attempted, lastGood: null, leftDown: true, reason, next }),
      alert(state, a, "left-down", false, reason, next)
    )
  }
  const done = make("RolledBack", { attempted, lastGood: to, recovered: true, reason })
  // What a try came to is the answer that was asked for.
  return by === "operator" || isTry(state)
    ? record(done)
    : record(
        done,
        alert(
          state,
          a,
          "recovered",
          true,
          reason,
          `${to.version} is running and healthy, ${dataOf(state, back.snapshot)}. ${isSame(a) ? againOf(a) : `To try ${attempted?.version ?? "the version"} again: lastgood retry <app>`}`
        )
      )
}

/** A failure as every event after its own repeats it. */
const told = (failure: Failure): Failure => ({
  ...failure,
  error: isForRoom(failure) ? noRoomError : failure.error,
  reason: brief(failure.reason),
  next: failure.next === "" ? "lastgood log <app> has all of what was seen" : failure.next
})

export interface Circumstances {
  /** The first step of a run that found the attempt in flight: what waits is tried again. */
  readonly isResumed?: boolean
  /** Of the app's health gate. */
  readonly deadlineMs?: number
}

/** @param now epoch milliseconds. */
export const advance = (
  state: AppState,
  now: number,
  { isResumed = false, deadlineMs = 0 }: Circumstances = {}
): Decision => {
  const a = state.attempt
  if (a === null) return { _tag: "Nothing", why: "no attempt is in flight" }
  if (a.failed !== null) {
    const failure = told(a.failed)
    return a.direction === "forward" ? forwardFailed(state, a, failure, now) : backFailed(state, a, failure, isResumed)
  }
  const step = a.plan.find((s) => !a.done.includes(s))
  if (step === undefined) return record(ended(a.outcome ?? "done", a.why))
  if (step === "commit") return commit(state, a)
  if (step === "conclude") return conclude(state, a)
  if (step === "return") return record(goBack(a))
  if (!isPerformed(step)) {
    return {
      _tag: "Rejected",
      reason: `the plan of attempt ${a.id} has a step that this lastgood does not know: ${step}`,
      next: "finish it with the newer lastgood that began it"
    }
  }
  const tries = a.current?.step === step ? a.current.try : 0
  const cut = step === "command" && tries > 0 ? interruption(a) : null
  if (cut !== null) return record(cut)
  const runsNew = !performed[step].appUp || step === "health"
  const reason = a.direction === "forward" && runsNew ? tooOften(a, step, now, deadlineMs) : null
  if (reason !== null) {
    const next = "find out what ended lastgood (out of memory? journalctl -k)"
    return record(make("StepFailed", { step, error: interruptedError, reason, next }))
  }
  return { _tag: "Perform", step, intent: make("StepStarted", { step, try: tries + 1 }) }
}
