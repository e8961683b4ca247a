/**
 * The next action after a forward step failed. The table of steps (`performed` in Plan.ts) chooses it; the functions here
 * begin it. Pure.
 */

import { broughtBy, type Failure, type Forward, fromOf } from "../Attempt.ts"
import { unresolvedAlerts } from "../alerts.ts"
import { record } from "../answers.ts"
import type { Advance } from "../Decision.ts"
import { make } from "../Event.ts"
import { advise, nextText } from "../Next.ts"
import { isPerformed, type OnFailure, performed, rollbackPlan } from "../Plan.ts"
import { quarantine } from "../quarantine.ts"
import type { AppState } from "../State.ts"
import { alert, ended } from "./raised.ts"

type Way = (state: AppState, a: Forward, failure: Failure, now: number) => Advance

/** The result stands; only the clean-up failed. */
const keep: Way = (state, a, { next, reason, step }) => {
  const outcome = a.outcome ?? "failed"
  return record(
    alert(state, a, outcome, true, `${step} failed after the attempt was done: ${reason}`, next),
    ended(state, a, outcome, reason)
  )
}

/** The app was not taken down. */
const untouched: Way = (state, a, failure, now) => {
  const { next, reason, step } = failure
  switch (a.kind) {
    case "upgrade":
      return record(
        make("UpgradeRefused", { from: a.from, to: a.to, gate: step, reason, next }),
        ...quarantine(state, a, failure, now),
        alert(state, a, "refused", true, reason, next),
        ended(state, a, "refused", reason)
      )
    case "try":
      return record(ended(state, a, "refused", next === "" ? reason : `${reason}; ${next}`))
    case "deploy":
    case "snapshot":
    case "promote":
    case "stop":
      return record(alert(state, a, "failed", true, reason, next), ended(state, a, "failed", reason))
  }
}

/** Whether the app was up before this attempt took it down. A deploy is of a stopped app, or of one with a new env file. */
const wasUp = (a: Forward): boolean => {
  switch (a.kind) {
    case "promote":
      return true
    case "deploy":
      return a.plan.includes("deploy") && a.wasRunning
    case "stop":
      return a.wasRunning
    case "upgrade":
    case "snapshot":
    case "try":
      return a.plan.includes("deploy")
  }
}

/** The app ran a version that lastgood did not deploy and cannot start again. */
const leaveDown: Way = (state, a, { next, reason, step }) => {
  const advice = nextText(state.app, advise`${next === "" ? "" : `${next}; `}then ${{ do: "Deploy" }}`)
  const why = `${step} failed after the app was taken down: ${reason}`
  return record(
    make("RollbackFailed", { attempted: broughtBy(a), lastGood: null, leftDown: true, reason: why, next: advice }),
    alert(state, a, "left-down", false, why, advice),
    ended(state, a, "left-down", why)
  )
}

/** LAW-2: the data is unchanged, so only the version is rolled back. */
const versionBack: Way = (state, a, failure, now) => {
  const { next, reason } = failure
  if (!wasUp(a)) return record(alert(state, a, "failed", false, reason, next), ended(state, a, "failed", reason))
  const from = fromOf(a)
  if (from === null) return leaveDown(state, a, failure, now)
  return record(
    make("RollbackStarted", {
      attempted: broughtBy(a),
      lastGood: from,
      snapshot: null,
      by: "failure",
      reason,
      plan: rollbackPlan({ to: from, snapshot: null })
    }),
    ...quarantine(state, a, failure, now)
  )
}

/** A first install without earlier data: there is no version to roll back to and no data to restore. */
const takeDown: Way = (_, a, { reason }) =>
  record(
    make("RollbackStarted", {
      attempted: broughtBy(a),
      lastGood: null,
      snapshot: null,
      by: "failure",
      reason,
      plan: rollbackPlan({ to: null, snapshot: null })
    })
  )

/** LAW-10, one alert per episode: the daemon repeats the deploy with each pass, and the last alert still stands. */
const isToldOf = (state: AppState, a: Forward): boolean =>
  unresolvedAlerts(state, ["unhealthy"]).some(
    ({ attempted, outcome }) => outcome === "unhealthy" && attempted?.version === broughtBy(a).version
  )

/** The same version on its own data: there is no other version to roll back to. */
const leaveUnhealthy: Way = (state, a, { reason }) => {
  const advice = nextText(state.app, advise`read the app's logs; then ${{ do: "Deploy" }}, or ${{ do: "Rollback" }}`)
  return record(
    make("RollbackFailed", { attempted: broughtBy(a), lastGood: fromOf(a), leftDown: false, reason, next: advice }),
    ...(isToldOf(state, a) ? [] : [alert(state, a, "unhealthy", false, reason, advice)]),
    ended(state, a, "unhealthy", reason)
  )
}

/** LAW-2: the new version may have changed the data, so the old one starts only on the data of the snapshot. */
const dataBack: Way = (state, a, failure, now) => {
  const from = fromOf(a)
  if (!a.snapshotTaken) return from === null ? takeDown(state, a, failure, now) : leaveUnhealthy(state, a, failure, now)
  return record(
    make("RollbackStarted", {
      attempted: broughtBy(a),
      lastGood: from,
      snapshot: a.snapshot,
      by: "failure",
      reason: failure.reason,
      plan: rollbackPlan({ to: from, snapshot: a.snapshot })
    }),
    ...quarantine(state, a, failure, now)
  )
}

const ways: Readonly<Record<OnFailure, Way>> = { untouched, versionBack, dataBack, keep }

/** LAW-2: whether a deploy has begun comes from the log and overrides the table. */
const wayOf = (a: Forward, step: string): OnFailure => {
  const planned = isPerformed(step) ? performed[step].onFailure : "dataBack"
  if (planned === "untouched" || planned === "keep") return planned
  return a.deployBegun ? "dataBack" : "versionBack"
}

export const forwardFailed: Way = (state, a, failure, now) => ways[wayOf(a, failure.step)](state, a, failure, now)
