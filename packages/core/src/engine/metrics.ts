/**
 * The engine's metrics. Names and units follow Prometheus' conventions, and each label has few values, so that `/metrics`
 * can serve them unchanged.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import { type Attempt, kindOf } from "../domain/Attempt.ts"
import type { Event } from "../domain/Event.ts"
import type { PerformedStep } from "../domain/Plan.ts"
import { makeRecent } from "../domain/recent.ts"
import { type Evidence, isFailure } from "./steps/Work.ts"

export const attempts = Metric.counter("lastgood_attempts_total", {
  description: "Attempts that ended, by kind and outcome. Outcome unknown: the attempt was abandoned.",
  incremental: true
})

export const stepDuration = Metric.histogram("lastgood_step_duration_seconds", {
  description:
    "Steps that ended, by step and result, with how long each took. A step that is tried again counts again.",
  boundaries: Metric.boundariesFromIterable([0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600])
})

export const healthChecks = Metric.counter("lastgood_health_checks_total", {
  description: "Health checks that ran, in a health gate or between attempts, by result.",
  incremental: true
})

const checksOf = (app: string) => ({
  passed: Metric.withAttributes(healthChecks, { app, result: "passed" }),
  failed: Metric.withAttributes(healthChecks, { app, result: "failed" })
})

/** By app: a metric remembers where it counts, and the apps of a host are checked once a minute. */
const checks = makeRecent<ReturnType<typeof checksOf>>(10_000)

/** Counts health checks by result. */
export const countChecks = (app: string, seen: { readonly passed: number; readonly failed: number }) =>
  Effect.suspend(() => {
    const known = checks.get(app) ?? checksOf(app)
    checks.set(app, known)
    return Effect.andThen(Metric.update(known.passed, seen.passed), Metric.update(known.failed, seen.failed))
  })

const countAttempt = (app: string, attempt: Attempt, outcome: string) =>
  Metric.update(Metric.withAttributes(attempts, { app, kind: kindOf(attempt), outcome }), 1)

/**
 * Counts newly recorded events.
 *
 * @param attempt the attempt that was in flight before them.
 */
export const countEvents = (app: string, attempt: Attempt | null, events: ReadonlyArray<Event>) =>
  Effect.forEach(
    events,
    (event) => {
      switch (event.type) {
        case "AttemptEnded":
          return attempt === null ? Effect.void : countAttempt(app, attempt, event.data.outcome)
        case "AttemptAbandoned":
          return attempt === null ? Effect.void : countAttempt(app, attempt, "unknown")
        case "HealthPassed":
        case "HealthFailed": {
          const ran = event.data.checks.reduce((sum, check) => sum + check.attempts, 0)
          const failed = event.data.checks.reduce((sum, check) => sum + check.failures, 0)
          return countChecks(app, { passed: ran - failed, failed })
        }
        default:
          return Effect.void
      }
    },
    { discard: true }
  )

const resultOf = (exit: Exit.Exit<Evidence, unknown>): "done" | "failed" | "interrupted" => {
  if (exit._tag === "Success") return exit.value.some(isFailure) ? "failed" : "done"
  return Cause.hasInterruptsOnly(exit.cause) ? "interrupted" : "failed"
}

/** Performs a step and records its duration. */
export const timed = <E, R>(app: string, step: PerformedStep, work: Effect.Effect<Evidence, E, R>) =>
  Effect.gen(function* () {
    const start = yield* Clock.monotonicTimeNanos
    return yield* Effect.onExit(
      work,
      Effect.fnUntraced(function* (exit) {
        const took = Duration.nanos((yield* Clock.monotonicTimeNanos) - start)
        const metric = Metric.withAttributes(stepDuration, { app, step, result: resultOf(exit) })
        yield* Metric.update(metric, Duration.toSeconds(took))
      })
    )
  })
