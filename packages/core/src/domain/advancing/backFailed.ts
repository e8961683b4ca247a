/** What follows when a step of the way back fails. Pure. */
import { record } from "../answers.ts"
import { brief } from "../brief.ts"
import type { Decision } from "../Decision.ts"
import { make } from "../Event.ts"
import { isPerformed, rollbackPlan } from "../Plan.ts"
import { maxTries } from "../retries.ts"
import type { AppState, Attempt, Failure } from "../State.ts"
import { wayOut } from "../trying.ts"
import { isForRoom, triesForRoom, tryAgain, waitForRoom } from "../waiting.ts"
import { alert, ended } from "./raised.ts"

type Back = NonNullable<Attempt["back"]>

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

/** An operator's own rollback that has touched nothing. */
const stays = (state: AppState, a: Attempt, failure: Failure): Decision => {
  // The version that runs was quarantined as it was left; it was not left.
  const kept = state.quarantined.filter((q) => q.version === state.running?.version)
  return record(
    alert(state, a, "failed", true, failure.reason, failure.next),
    ...kept.map(({ version }) => make("QuarantineLifted", { version })),
    ended("failed", failure.reason)
  )
}

/** LAW-9: the snapshot cannot be used and LAW-2 forbids the old version on this data: down, on purpose. */
const takeDown = (back: Back, failure: Failure): Decision =>
  record(
    make("RollbackStarted", {
      attempted: back.attempted,
      lastGood: null,
      snapshot: null,
      by: "failure",
      reason: `${brief(back.reason, 250)}; then the snapshot could not be used: ${failure.reason}`,
      plan: rollbackPlan({ to: null, snapshot: null })
    })
  )

/** What was brought back is not healthy: nothing older is left to go back to by itself. */
const leaveUnhealthy = (state: AppState, a: Attempt, back: Back, failure: Failure): Decision =>
  record(
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

export const backFailed = (state: AppState, a: Attempt, failure: Failure, isResumed: boolean): Decision => {
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
      return a.kind === "rollback" ? stays(state, a, failure) : takeDown(back, failure)
    case "health":
      return leaveUnhealthy(state, a, back, failure)
    default:
      return giveUp(state, a, failure, failure.step !== "undeploy")
  }
}
