/**
 * A step that hangs ends as a failed one. How long a step may take depends on the data, so what is limited is silence:
 * no program started or ended, none that runs used the processor or moved a byte (`Heartbeat`). A step with a deadline of
 * its own judges by that first, and may be silent until it is over.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { EffectiveApp } from "../domain/App.ts"
import { deployDeadlineMs, oneDeadlineMs } from "../domain/deadline.ts"
import type { PerformedStep } from "../domain/Plan.ts"
import { Heartbeat } from "../process/Heartbeat.ts"
import { StepHung } from "./StepError.ts"

/** Milliseconds within which a step ends by itself, one way or the other. */
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
 * Runs a step's work; fails with `StepHung` when it hangs, after it was interrupted and the programs of it were ended.
 *
 * @param commandMs how long the operator's command may take.
 */
export const watched =
  (app: EffectiveApp, step: PerformedStep, commandMs = 0) =>
  <A, E, R>(work: Effect.Effect<A, E, R>): Effect.Effect<A, E | StepHung, R> =>
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      const { stallMs } = app.deadlines
      const everyMs = Math.min(Math.max(stallMs / 10, 20), longestPollMs)
      const begin = clock.currentTimeMillisUnsafe()
      const patience = begin + ownDeadline(app, step, commandMs)
      let last = begin
      const beat = () => {
        last = clock.currentTimeMillisUnsafe()
      }
      const silence = Effect.gen(function* () {
        while (clock.currentTimeMillisUnsafe() - Math.max(last, patience) < stallMs) yield* Effect.sleep(everyMs)
        return yield* new StepHung({ step, afterMs: clock.currentTimeMillisUnsafe() - begin })
      })
      // The race runs both sides interruptible, also where the step itself must not be interrupted from outside.
      return yield* Effect.raceFirst(Effect.provideService(work, Heartbeat, { beat, everyMs }), silence)
    })
