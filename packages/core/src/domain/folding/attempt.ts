/** How an attempt is begun, goes from step to step, and turns back. Pure. */
import type { DataOf } from "../Event.ts"
import { willMark, willMarkEnded } from "../marks.ts"
import type { AppState, Attempt, Failure } from "../State.ts"

export const begin = (
  state: AppState,
  id: string | null,
  at: string,
  start: Pick<Attempt, "kind" | "from" | "to" | "plan" | "snapshot">
): Attempt => ({
  id: id ?? "",
  startedAt: at,
  wasRunning: state.running !== null,
  over: state.drift?.kind ?? null,
  direction: "forward",
  done: [],
  current: null,
  failed: null,
  failures: 0,
  hooked: null,
  deployBegun: false,
  deployMs: null,
  snapshotTaken: false,
  command: null,
  broke: null,
  back: null,
  waiting: null,
  outcome: null,
  why: "",
  ...start
})

export const withAttempt = (state: AppState, change: (attempt: Attempt) => Attempt): AppState =>
  state.attempt === null ? state : { ...state, attempt: change(state.attempt) }

export const finish = (state: AppState, step: string): AppState =>
  withAttempt(state, (a) =>
    a.done.includes(step)
      ? a
      : { ...a, done: [...a.done, step], current: null, failed: null, failures: 0, hooked: null, waiting: null }
  )

export const fail = (state: AppState, failure: Failure): AppState =>
  withAttempt(state, (a) => ({ ...a, failed: failure, failures: a.failures + 1, hooked: null }))

/** LAW-6: the intent of a step, before anything of it is done. */
export const stepStarted = (state: AppState, { step, try: nth }: DataOf<"StepStarted">, at: string): AppState => {
  const next = withAttempt(state, (a) => ({
    ...a,
    current: { step, try: nth, since: a.current?.step === step ? a.current.since : at },
    failed: null,
    deployBegun: a.deployBegun || (step === "deploy" && a.direction === "forward")
  }))
  const target = next.attempt?.direction === "back" ? next.attempt.back?.to : next.attempt?.to
  if (step === "restore" || step === "check") return willMark(next)
  if (step === "tidy") return willMarkEnded(next)
  return step === "deploy" && target ? { ...willMark(next), data: target, down: null } : next
}

/** Also of an attempt of its own, where nothing was in flight: an operator's. */
export const rollbackStarted = (
  state: AppState,
  { attempted, by, lastGood, plan, reason, snapshot }: DataOf<"RollbackStarted">,
  attempt: string | null,
  at: string
): AppState => {
  const own = { kind: "rollback", from: attempted, to: lastGood, plan, snapshot: snapshot ?? "" } as const
  const base = state.attempt ?? begin(state, attempt, at, own)
  return {
    ...state,
    attempt: {
      ...base,
      direction: "back",
      plan,
      done: [],
      current: null,
      failed: null,
      failures: 0,
      hooked: null,
      waiting: null,
      broke: base.direction === "back" ? base.broke : base.failed,
      back: { attempted, to: lastGood, snapshot, by, reason }
    }
  }
}
