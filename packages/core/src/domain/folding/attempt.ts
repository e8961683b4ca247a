/** How an attempt begins, goes from step to step, and rolls back. Pure. */
import { type Attempt, type Back, type Failure, type Forward, type Outbound, targetOf } from "../Attempt.ts"
import type { Beginning, DataOf } from "../Event.ts"
import { willMark, willMarkEnded } from "../marks.ts"
import type { AppState } from "../State.ts"

/** Between two steps. */
const betweenSteps = { current: null, failed: null, failures: 0, hooked: null } as const

const begun = (state: AppState, id: string | null, at: string) => ({
  id: id ?? "",
  startedAt: at,
  wasRunning: state.running !== null,
  over: state.drift?.kind ?? null,
  deployMs: null,
  outcome: null,
  why: ""
})

const outbound = (
  state: AppState,
  id: string | null,
  at: string,
  { plan, snapshot }: Pick<Outbound, "plan" | "snapshot">
): Outbound => ({
  ...begun(state, id, at),
  ...betweenSteps,
  ...{ direction: "forward", plan, done: [], snapshot },
  ...{ deployBegun: false, snapshotTaken: false }
})

const kindFor: Readonly<Record<DataOf<"SnapshotAttempted">["purpose"], "snapshot" | "promote">> = {
  manual: "snapshot",
  promote: "promote"
}

export const begin = (
  state: AppState,
  id: string | null,
  at: string,
  event: Exclude<Beginning, { readonly type: "RollbackStarted" }>
): Forward => {
  const { plan } = event.data
  const base = outbound(state, id, at, { plan, snapshot: "snapshot" in event.data ? event.data.snapshot : "" })
  switch (event.type) {
    case "UpgradeAttempted": {
      const { from, to, trigger } = event.data
      return { ...base, kind: "upgrade", from, to, trigger }
    }
    case "DeployAttempted":
      return { ...base, kind: "deploy", from: event.data.from, to: event.data.to }
    case "SnapshotAttempted":
      return { ...base, kind: kindFor[event.data.purpose], of: event.data.of }
    case "TryAttempted":
      return { ...base, kind: "try", from: event.data.from, to: event.data.to, command: null }
    case "StopAttempted":
      return { ...base, kind: "stop", of: event.data.of, by: event.data.by }
  }
}

export const withAttempt = (state: AppState, change: (attempt: Attempt) => Attempt): AppState =>
  state.attempt === null ? state : { ...state, attempt: change(state.attempt) }

export const withForward = (state: AppState, change: (attempt: Forward) => Forward): AppState =>
  withAttempt(state, (a) => (a.direction === "forward" ? change(a) : a))

export const withBack = (state: AppState, change: (attempt: Back) => Back): AppState =>
  withAttempt(state, (a) => (a.direction === "back" ? change(a) : a))

export const finish = (state: AppState, step: string): AppState =>
  withAttempt(state, (a) => {
    if (a.done.includes(step)) return a
    const done = [...a.done, step]
    return a.direction === "back" ? { ...a, ...betweenSteps, done, waiting: null } : { ...a, ...betweenSteps, done }
  })

export const fail = (state: AppState, failure: Failure): AppState =>
  withAttempt(state, (a) => ({ ...a, failed: failure, failures: a.failures + 1, hooked: null }))

/** LAW-6: the intent of a step, recorded before it acts. */
export const stepStarted = (state: AppState, { step, try: nth }: DataOf<"StepStarted">, at: string): AppState => {
  const begins = withAttempt(state, (a) => ({
    ...a,
    current: { step, try: nth, since: a.current?.step === step ? a.current.since : at },
    failed: null
  }))
  if (step === "restore" || step === "check") return willMark(begins)
  if (step === "tidy") return willMarkEnded(begins)
  if (step !== "deploy") return begins
  const deploys = withForward(begins, (a) => ({ ...a, deployBegun: true }))
  const target = deploys.attempt === null ? null : targetOf(deploys.attempt)
  return target === null ? deploys : { ...willMark(deploys), data: target, down: null }
}

/** A rollback begins: of the attempt in flight, again with a new plan, or an operator's own with no attempt in flight. */
const turned = (state: AppState, attempt: string | null, at: string) => {
  const a = state.attempt
  if (a === null) return { ...begun(state, attempt, at), of: null }
  if (a.direction === "back") return a
  const { id, outcome, over, startedAt, wasRunning, why } = a
  return { id, startedAt, wasRunning, over, deployMs: null, outcome, why, of: a }
}

export const rollbackStarted = (
  state: AppState,
  { attempted, by, lastGood, plan, reason, snapshot }: DataOf<"RollbackStarted">,
  attempt: string | null,
  at: string
): AppState => ({
  ...state,
  attempt: {
    ...turned(state, attempt, at),
    ...betweenSteps,
    ...{ direction: "back", plan, done: [], attempted, to: lastGood, snapshot, by, reason },
    waiting: null
  }
})
