import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Metric from "effect/Metric"
import * as TestClock from "effect/testing/TestClock"
import { make } from "../../src/domain/Event.ts"
import { attempts, countEvents, healthChecks, stepDuration, timed } from "../../src/engine/metrics.ts"
import type { Evidence } from "../../src/engine/steps/Work.ts"
import { given, v1, v2 } from "../domain/given.ts"

const done: Evidence = [make("StepDone", { step: "seal" })]
const failed: Evidence = [make("StepFailed", { step: "seal", error: "SnapshotDamaged", reason: "", next: "" })]

const seals = (result: string) =>
  Metric.value(Metric.withAttributes(stepDuration, { app: "notes", step: "seal", result }))

const afresh = <A, E, R>(test: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => Effect.provideService(test, Metric.MetricRegistry, new Map()))

describe("metrics", () => {
  it.effect("record the seconds of a step, and whether it failed or was interrupted", () =>
    Effect.gen(function* () {
      const steps = yield* Effect.forkChild(
        Effect.all(
          [
            timed("notes", "seal", Effect.delay(Effect.succeed(done), "2 seconds")),
            timed("notes", "seal", Effect.delay(Effect.succeed(failed), "4 seconds")),
            Effect.timeoutOption(timed("notes", "seal", Effect.never), "1 second")
          ],
          { concurrency: "unbounded" }
        )
      )
      yield* TestClock.adjust("4 seconds")
      yield* Fiber.join(steps)
      const states = yield* Effect.forEach(["done", "failed", "interrupted"], seals)
      assert.deepStrictEqual(
        states.map(({ count, sum }) => [count, sum]),
        [
          [1, 2],
          [1, 4],
          [1, 1]
        ]
      )
    }).pipe(afresh)
  )

  it.effect("count an attempt by its kind, also if it was rolled back or abandoned", () =>
    Effect.gen(function* () {
      const plan = ["deploy"]
      const forward = make("UpgradeAttempted", { from: v1, to: v2, trigger: "operator", snapshot: "s1", plan })
      const turned = { attempted: v2, lastGood: v1, snapshot: "s1", reason: "", plan }
      const byFailure = given([forward, make("RollbackStarted", { ...turned, by: "failure" })]).attempt
      const byOperator = given([make("RollbackStarted", { ...turned, by: "operator" })]).attempt
      yield* countEvents("notes", byFailure, [make("AttemptEnded", { outcome: "recovered", why: "" })])
      yield* countEvents("notes", byOperator, [make("AttemptEnded", { outcome: "recovered", why: "" })])
      yield* countEvents("notes", byOperator, [make("AttemptAbandoned", { why: "" })])
      const counts = yield* Effect.forEach(
        [
          { kind: "upgrade", outcome: "recovered" },
          { kind: "rollback", outcome: "recovered" },
          { kind: "rollback", outcome: "unknown" },
          { kind: "upgrade", outcome: "unknown" }
        ],
        (labels) => Metric.value(Metric.withAttributes(attempts, { app: "notes", ...labels }))
      )
      assert.deepStrictEqual(
        counts.map(({ count }) => count),
        [1, 1, 1, 0]
      )
    }).pipe(afresh)
  )

  it("have names that follow the Prometheus conventions", () => {
    for (const { id, type } of [attempts, healthChecks, stepDuration]) {
      assert.match(id, type === "Counter" ? /^lastgood_[a-z_]+_total$/ : /^lastgood_[a-z_]+_seconds$/)
    }
  })
})
