/**
 * `advance`: the next step of the attempt in flight, from the log alone. Pure and total. Asked after every recorded event
 * and after every start of lastgood, it is what makes a crash at any point resumable.
 */
import { backFailed } from "./advancing/backFailed.ts"
import { commit, conclude } from "./advancing/conclude.ts"
import { forwardFailed } from "./advancing/forwardFailed.ts"
import { ended } from "./advancing/raised.ts"
import { record } from "./answers.ts"
import { brief } from "./brief.ts"
import type { Decision } from "./Decision.ts"
import { make } from "./Event.ts"
import { tooOften } from "./interrupted.ts"
import { isPerformed, performed } from "./Plan.ts"
import type { AppState, Failure } from "./State.ts"
import { goBack, interruptedError, interruption } from "./trying.ts"
import { isForRoom, noRoomError } from "./waiting.ts"

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
