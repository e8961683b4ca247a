/** The next action after a step of a rollback failed. Pure. */
import type { Back, Failure } from "../Attempt.ts"
import { record } from "../answers.ts"
import { brief } from "../brief.ts"
import type { Advance } from "../Decision.ts"
import { make } from "../Event.ts"
import { advise, type Next, nextText } from "../Next.ts"
import { isPerformed, type PerformedStep, rollbackPlan } from "../Plan.ts"
import { maxTries } from "../retries.ts"
import type { AppState } from "../State.ts"
import { wayOut } from "../trying.ts"
import { isForRoom, triesForRoom, tryAgain, waitForRoom } from "../waiting.ts"
import { alert, ended } from "./raised.ts"

type Way = (state: AppState, a: Back, failure: Failure) => Advance

/**
 * What the operator can do then: for a try, return to the version that the try began with. If only the deploy failed, the
 * data is that of the version already: a further rollback would return to an older one.
 */
const afterwards = ({ lastGood }: AppState, a: Back, { step }: Failure): Next => {
  const out = wayOut(a)
  if (out !== null) return out
  if (step === "deploy" && a.to !== null) {
    return { do: "Deploy", to: a.to.version === lastGood?.version ? null : a.to.version }
  }
  return advise`${{ do: "Rollback" }} (${{ do: "Snapshots" }} lists the snapshots)`
}

/** The rollback is given up: raise an alert and leave the app where no more harm can be done. */
const giveUp = (state: AppState, a: Back, failure: Failure, leftDown: boolean): Advance => {
  const reason = `${brief(a.reason, 250)}; then ${failure.step} failed during the rollback: ${failure.reason}`
  const next = nextText(
    state.app,
    advise`${failure.next === "" ? "" : `${failure.next}; `}then ${afterwards(state, a, failure)}`
  )
  const outcome = leftDown ? "left-down" : "unhealthy"
  return record(
    make("RollbackFailed", { attempted: a.attempted, lastGood: a.to, leftDown, reason, next }),
    alert(state, a, outcome, false, reason, next),
    ended(state, a, outcome, reason)
  )
}

/** An operator's own rollback that has not touched the app. */
const stays: Way = (state, a, failure) => {
  // The running version was quarantined when its rollback began. It still runs, so the quarantine is lifted.
  const kept = state.quarantined.filter((q) => q.version === state.running?.version)
  return record(
    alert(state, a, "failed", true, failure.reason, failure.next),
    ...kept.map(({ version }) => make("QuarantineLifted", { version })),
    ended(state, a, "failed", failure.reason)
  )
}

/** LAW-9: the snapshot is unusable and LAW-2 forbids the old version on this data, so the app is left down. */
const takeDown: Way = (_, a, failure) =>
  record(
    make("RollbackStarted", {
      attempted: a.attempted,
      lastGood: null,
      snapshot: null,
      by: "failure",
      reason: `${brief(a.reason, 250)}; then the snapshot could not be used: ${failure.reason}`,
      plan: rollbackPlan({ to: null, snapshot: null })
    })
  )

/** The version rolled back to is unhealthy, and there is nothing older to roll back to automatically. */
const leaveUnhealthy: Way = (state, a, failure) =>
  record(
    make("RolledBack", {
      attempted: a.attempted,
      lastGood: a.to,
      recovered: false,
      reason: `${brief(a.reason, 250)}; then ${failure.reason}`
    }),
    alert(
      state,
      a,
      "unhealthy",
      false,
      `${brief(a.reason, 250)}; rolled back, but then ${failure.reason}`,
      advise`read the app's logs, then ${{ do: "Rollback" }} or ${{ do: "Promote" }}`
    ),
    ended(state, a, "unhealthy", failure.reason)
  )

const leaveDown: Way = (state, a, failure) => giveUp(state, a, failure, true)

const ways: Readonly<Record<PerformedStep, Way>> = {
  stage: (state, a, failure) => (a.of === null ? stays(state, a, failure) : takeDown(state, a, failure)),
  /** The app was not taken down. */
  undeploy: (state, a, failure) => giveUp(state, a, failure, false),
  restore: leaveDown,
  deploy: leaveDown,
  health: leaveUnhealthy,
  prefetch: leaveDown,
  check: leaveDown,
  snapshot: leaveDown,
  command: leaveDown,
  seal: leaveDown,
  erase: leaveDown,
  tidy: leaveDown
}

export const backFailed = (state: AppState, a: Back, failure: Failure, isResumed: boolean): Advance => {
  if (a.outcome !== null) {
    // The result stands; only the clean-up failed.
    const recovered = a.outcome !== "unhealthy" && a.outcome !== "left-down"
    const why = `${failure.step} failed after the rollback: ${failure.reason}`
    return record(
      alert(state, a, a.outcome, recovered, why, failure.next, failure.step),
      ended(state, a, a.outcome, a.why)
    )
  }
  // A temporary failure (an engine that does not answer, a disk that is full for a moment) must not leave the app down.
  // A definite answer does not change when the step is repeated.
  const unusable = failure.error === "SnapshotDamaged" || failure.error === "SnapshotMissing"
  const answered = failure.error === "HealthFailed" || unusable
  // An operator's own rollback that has not touched the app yet fails at once.
  const isUntouched = failure.step === "stage" && a.of === null
  if (isPerformed(failure.step) && !answered && !isUntouched) {
    if (a.failures < (isForRoom(failure) ? triesForRoom : maxTries)) return tryAgain(a, failure.step)
    if (isForRoom(failure)) {
      const told = (why: string, next: string) => alert(state, a, "left-down", false, why, next, "waiting")
      return waitForRoom(state.app, a, failure, told, isResumed)
    }
  }
  const way = isPerformed(failure.step) ? ways[failure.step] : leaveDown
  return way(state, a, failure)
}
