/**
 * What is different about a try. It is an upgrade whose way back is certain, and what it came to is an answer, not a
 * failure: no quarantine, and an alert only when the way back itself fails. It lives with the lastgood that was asked for
 * it: whoever finds one that was interrupted goes back, and never runs its command again. Pure.
 */
import {
  type Attempt,
  type Back,
  brokeOf,
  broughtBy,
  type Ending,
  type Forward,
  forwardOf,
  fromOf,
  kindOf
} from "./Attempt.ts"
import { type Event, make } from "./Event.ts"
import { advise, type Next, nextText } from "./Next.ts"
import { rollbackPlan } from "./Plan.ts"
import type { AppState, Tried } from "./State.ts"

export const isTry = ({ attempt }: Pick<AppState, "attempt">): boolean => attempt !== null && kindOf(attempt) === "try"

/** The error of a step that lastgood was ended in. */
export const interruptedError = "Interrupted"

/**
 * What the end of a try says of it, once the app is back and healthy: `done` the command passed (or there was none),
 * `failed` it did not, `recovered` the version was not healthy, or the try was interrupted.
 */
export const recoveredAs = (a: Attempt | null): Ending => {
  if (a === null) return "recovered"
  if (kindOf(a) !== "try") return a.direction === "back" && a.by === "operator" ? "done" : "recovered"
  const broke = brokeOf(a)
  if (broke === null) return "done"
  return broke.step === "command" && broke.error !== interruptedError ? "failed" : "recovered"
}

export const triedIn = ({ attempt: a }: AppState): Tried | null => {
  const forward = a === null ? null : forwardOf(a)
  if (a === null || forward?.kind !== "try") return null
  const failed = a.failed ?? forward.failed
  return { ...forward.to, interrupted: failed?.error === interruptedError, command: forward.command }
}

/** Whether the app of an attempt that was finished is where a new one may begin. */
export const mayGoOn = (a: Attempt, outcome: string): boolean =>
  outcome === "committed" ||
  outcome === "done" ||
  (kindOf(a) === "try" && outcome !== "unhealthy" && outcome !== "left-down")

/**
 * A try that is in flight, and whose lastgood is gone or was told to leave: what is recorded so that the way back comes
 * next. null: its result is in the log already, or it is on its way back.
 */
export const interruption = (app: string, a: Attempt): Event | null => {
  if (a.direction === "back" || a.kind !== "try" || a.failed !== null) return null
  const step = a.plan.find((s) => !a.done.includes(s))
  if (step === undefined || step === "return") return null
  const reason = `the try was interrupted ${a.current?.step === step ? "during" : "before"} ${step}`
  const next = nextText(app, advise`${{ do: "Try" }} begins it anew`)
  return make("StepFailed", { step, error: interruptedError, reason, next })
}

/** A successful try is rolled back too. */
export const goBack = (a: Forward): Event =>
  make("RollbackStarted", {
    attempted: broughtBy(a),
    lastGood: fromOf(a),
    snapshot: a.snapshot,
    by: "try",
    reason:
      a.kind === "try" && a.command !== null
        ? "the command passed; the try is over"
        : "it was healthy; the try is over",
    plan: rollbackPlan({ to: fromOf(a), snapshot: a.snapshot })
  })

/** What the operator does when the way back failed: nothing else is meant than what the try began with. */
export const wayOut = ({ of }: Back): Next | null =>
  of?.kind !== "try"
    ? null
    : of.deployBegun
      ? advise`${{ do: "Restore", snapshot: of.snapshot }} puts version and data back`
      : { do: "Deploy", to: of.from.version }
