/** Metrics of the daemon itself: its passes, and who waits for a turn. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import type { PassResult } from "../pass.ts"

export const passOutcomes = [
  "nothing",
  "committed",
  "done",
  "recorded",
  "refused",
  "recovered",
  "unhealthy",
  "left-down",
  "failed",
  "unknown",
  "skipped",
  "error"
] as const satisfies ReadonlyArray<PassResult["outcome"]>

export const passes = Metric.counter("lastgood_daemon_passes_total", {
  description: "Passes of the daemon over apps that ended, by outcome.",
  incremental: true
})

export const passesRunning = Metric.gauge("lastgood_daemon_passes_running", {
  description: "Apps that the daemon works on now."
})

export const passesWaiting = Metric.gauge("lastgood_daemon_passes_waiting", {
  description: "Apps whose pass is due and waits for a turn."
})

export const lastPass = Metric.gauge("lastgood_daemon_last_pass_timestamp_seconds", {
  description: "When the last pass over the app ended; 0: none has since the daemon started."
})

const around = (gauge: Metric.Gauge<number>, by: number) => Metric.modify(gauge, by)

/** Counts a pass from when it is due. @param turn runs the pass when it is its turn. */
export const counted = <A, E, R>(
  turn: <A1, E1, R1>(work: Effect.Effect<A1, E1, R1>) => Effect.Effect<A1, E1, R1>,
  work: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.suspend(() => {
    let isWaiting = true
    const begin = Effect.suspend(() => {
      isWaiting = false
      return Effect.andThen(around(passesWaiting, -1), around(passesRunning, 1))
    })
    const run = Effect.acquireUseRelease(
      begin,
      () => work,
      () => around(passesRunning, -1)
    )
    return Effect.acquireUseRelease(
      around(passesWaiting, 1),
      () => turn(run),
      () => (isWaiting ? around(passesWaiting, -1) : Effect.void)
    )
  })

export const countPass = Effect.fnUntraced(function* ({ app, outcome }: PassResult) {
  yield* Metric.update(Metric.withAttributes(passes, { outcome }), 1)
  yield* Metric.update(Metric.withAttributes(lastPass, { app }), (yield* Clock.currentTimeMillis) / 1000)
})
