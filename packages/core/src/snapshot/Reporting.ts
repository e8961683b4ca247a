/** Reports the progress of long work by measuring it from outside a few times a second. */
import * as Effect from "effect/Effect"
import { Heartbeat } from "../process/Heartbeat.ts"
import { Progress } from "../process/Progress.ts"

const period = "250 millis"

/**
 * Runs an effect and reports the values of `measure` while it runs.
 * @param total bytes; 0: not known.
 * @param measure bytes done so far. If it fails, only that report is skipped.
 */
export const whileReporting =
  <E2, R2>(what: string, total: number, measure: Effect.Effect<number, E2, R2>) =>
  <A, E, R>(work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | R2> =>
    Effect.gen(function* () {
      const progress = yield* Progress
      const { beat } = yield* Heartbeat
      let before = 0
      // Never `done = total` before the end, even if the total was an estimate: that would mean "finished".
      const report = measure.pipe(
        Effect.tap((done) =>
          Effect.sync(() => {
            if (done !== before) beat()
            before = done
          })
        ),
        Effect.flatMap((done) => progress.bytes(what, total > 0 ? Math.min(done, total - 1) : done, total)),
        Effect.ignore
      )
      const result = yield* Effect.raceFirst(work, Effect.forever(Effect.delay(report, period)))
      const done = total > 0 ? total : yield* measure.pipe(Effect.catch(() => Effect.succeed(0)))
      yield* progress.bytes(what, done, done)
      return result
    })
