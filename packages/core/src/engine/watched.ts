/**
 * A hung step fails. The duration of a step depends on the data, so only silence is limited: no program started or ended,
 * and no running program used the processor or moved a byte (`Heartbeat`). A step with its own deadline may be silent until
 * that is over.
 */
import * as Effect from "effect/Effect"
import type { EffectiveApp } from "../domain/App.ts"
import { deployDeadlineMs, oneDeadlineMs } from "../domain/deadline.ts"
import type { PerformedStep } from "../domain/Plan.ts"
import { listenTo } from "../process/listen.ts"
import { StepHung } from "./StepError.ts"

/** Milliseconds within which a step ends without being stopped. */
const ownDeadline = (app: EffectiveApp, step: PerformedStep, commandMs: number): number => {
  const { deadlines } = app
  switch (step) {
    case "prefetch":
      return deadlines.prefetchMs
    case "undeploy":
      return deadlines.undeployMs
    case "deploy":
      return deployDeadlineMs(app)
    case "check":
    case "health":
      return oneDeadlineMs(app)
    case "command":
      return commandMs
    default:
      return 0
  }
}

const longestPollMs = 10_000

/**
 * Runs a step's work. If it hangs, interrupts it, ends its programs and fails with `StepHung`.
 *
 * @param commandMs timeout of the operator's command, in milliseconds.
 */
export const watched =
  (app: EffectiveApp, step: PerformedStep, commandMs = 0) =>
  <A, E, R>(work: Effect.Effect<A, E, R>): Effect.Effect<A, E | StepHung, R> =>
    Effect.suspend(() => {
      const { stallMs } = app.deadlines
      const patienceMs = ownDeadline(app, step, commandMs)
      return listenTo({
        everyMs: Math.min(Math.max(stallMs / 10, 20), longestPollMs),
        isOver: ({ lastMs, nowMs }) => nowMs - Math.max(lastMs, patienceMs) >= stallMs,
        end: ({ nowMs }) => Effect.fail(new StepHung({ step, afterMs: nowMs }))
      })(work)
    })
