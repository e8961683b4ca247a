/**
 * `advance`: the next step of the attempt in flight, from the log alone. Pure and total. Asked after every recorded event
 * and after every start of lastgood, it is what makes a crash at any point resumable.
 */

import type { Attempt, Failure } from "./Attempt.ts"
import { backFailed } from "./advancing/backFailed.ts"
import { commit, conclude, remove } from "./advancing/conclude.ts"
import { forwardFailed } from "./advancing/forwardFailed.ts"
import { ended } from "./advancing/raised.ts"
import { record } from "./answers.ts"
import { brief } from "./brief.ts"
import type { Advance } from "./Decision.ts"
import { make } from "./Event.ts"
import { tooOften } from "./interrupted.ts"
import { advise, nextText } from "./Next.ts"
import { isPerformed, isRecorded, performed, type RecordedStep } from "./Plan.ts"
import type { AppState } from "./State.ts"
import { goBack, interruptedError, interruption } from "./trying.ts"
import { isForRoom, noRoomError } from "./waiting.ts"

/** A failure as later events repeat it. */
const told = (app: string, failure: Failure): Failure => ({
  ...failure,
  error: isForRoom(failure) ? noRoomError : failure.error,
  reason: brief(failure.reason),
  next: failure.next === "" ? nextText(app, advise`${{ do: "Log" }} shows everything that was seen`) : failure.next
})

/** @returns null if no plan of this direction has the step. */
const recordedBy = (state: AppState, a: Attempt, step: RecordedStep): Advance | null => {
  switch (step) {
    case "commit":
      return a.direction === "forward" ? commit(state, a) : null
    case "return":
      return a.direction === "forward" ? record(goBack(a)) : null
    case "remove":
      return a.direction === "forward" && a.kind === "remove" ? remove(state, a) : null
    case "conclude":
      return a.direction === "back" ? conclude(state, a) : null
  }
}

const unknownStep = ({ id }: Attempt, step: string): Advance => ({
  _tag: "Rejected",
  reason: `the plan of attempt ${id} has a step that this version of lastgood does not know: ${step}`,
  next: "finish it with the newer lastgood that began it"
})

export interface Circumstances {
  /** true for the first step of a run that found the attempt in flight: a waiting step is tried again. */
  readonly isResumed?: boolean
  /** The deadline of the app's health gate, in milliseconds. */
  readonly deadlineMs?: number
}

/** @param now epoch milliseconds. */
export const advance = (
  state: AppState,
  now: number,
  { isResumed = false, deadlineMs = 0 }: Circumstances = {}
): Advance => {
  const a = state.attempt
  if (a === null) return { _tag: "Nothing", why: "no attempt is in flight" }
  if (a.failed !== null) {
    const failure = told(state.app, a.failed)
    return a.direction === "forward" ? forwardFailed(state, a, failure, now) : backFailed(state, a, failure, isResumed)
  }
  const step = a.plan.find((s) => !a.done.includes(s))
  if (step === undefined) return record(ended(state, a, a.outcome ?? "done", a.why))
  if (!isPerformed(step)) return (isRecorded(step) ? recordedBy(state, a, step) : null) ?? unknownStep(a, step)
  const tries = a.current?.step === step ? a.current.try : 0
  const cut = step === "command" && tries > 0 ? interruption(state.app, a) : null
  if (cut !== null) return record(cut)
  const runsNew = !performed[step].appUp || step === "health"
  const reason = a.direction === "forward" && runsNew ? tooOften(a, step, now, deadlineMs) : null
  if (reason !== null) {
    const next = "find out what killed lastgood (out of memory? journalctl -k)"
    return record(make("StepFailed", { step, error: interruptedError, reason, next }))
  }
  return { _tag: "Perform", step, intent: make("StepStarted", { step, try: tries + 1 }) }
}
