/**
 * How a try differs: it is an upgrade that is always rolled back. Its result is an answer, not a failure, so there is no
 * quarantine, and an alert only if the rollback fails. If its lastgood process ends, the next one rolls back and never
 * runs the command again. Pure.
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

/** The error of a step during which lastgood ended. */
export const interruptedError = "Interrupted"

/**
 * The outcome of an attempt whose rollback succeeded. Of a try, `done`: the command passed, or there was none; `failed`:
 * the command failed; `recovered`: the version was unhealthy, or the try was interrupted.
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

/** Whether a new attempt may begin after this one with this outcome. */
export const mayGoOn = (a: Attempt, outcome: string): boolean =>
  outcome === "committed" ||
  outcome === "done" ||
  (kindOf(a) === "try" && outcome !== "unhealthy" && outcome !== "left-down")

/**
 * The event for a try in flight whose lastgood process has ended or is ending, after which it is rolled back. null: its
 * result is in the log already, or it is rolling back.
 */
export const interruption = (app: string, a: Attempt): Event | null => {
  if (a.direction === "back" || a.kind !== "try" || a.failed !== null) return null
  const step = a.plan.find((s) => !a.done.includes(s))
  if (step === undefined || step === "return") return null
  const reason = `the try was interrupted ${a.current?.step === step ? "during" : "before"} ${step}`
  const next = nextText(app, advise`to try again: ${{ do: "Try" }}`)
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

/** What the operator does after the rollback of a try failed: return to the version that the try began with. */
export const wayOut = ({ of }: Back): Next | null =>
  of?.kind !== "try"
    ? null
    : of.deployBegun
      ? advise`${{ do: "Restore", snapshot: of.snapshot }} restores version and data`
      : { do: "Deploy", to: of.from.version }
