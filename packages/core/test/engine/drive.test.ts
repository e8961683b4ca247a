import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as References from "effect/References"
import * as Tracer from "effect/Tracer"
import { Commands } from "../../src/command/Commands.ts"
import type { PluggedApp } from "../../src/domain/App.ts"
import { make } from "../../src/domain/Event.ts"
import { evolve } from "../../src/domain/evolve.ts"
import { iso } from "../../src/domain/time.ts"
import { makeDriver } from "../../src/engine/drive.ts"
import { Journal } from "../../src/engine/Journal.ts"
import { attempts, healthChecks, stepDuration } from "../../src/engine/metrics.ts"
import { Projections } from "../../src/engine/Projections.ts"
import { HealthGate } from "../../src/health/HealthGate.ts"
import { DataIdentity } from "../../src/snapshot/DataIdentity.ts"
import { SnapshotStore } from "../../src/snapshot/SnapshotStore.ts"
import { VersionSource } from "../../src/version/VersionSource.ts"
import { adopted, given, now, v1, v2 } from "../domain/given.ts"
import { runtimeWith } from "../health/runtime.ts"
import { inspection } from "../runtime/inspection.ts"
import { makeApp } from "../snapshot/fixture.ts"

const app: PluggedApp = { ...makeApp("/nowhere"), stage: "plugged" }

/** An upgrade that only its health gate stands before, which warns of something while it looks three times. */
const begun = given([
  ...adopted(),
  make("UpgradeAttempted", { from: v1, to: v2, trigger: "operator", snapshot: "s1", plan: ["health", "commit"] })
])

const seen = { lastSeen: "200", lastFailure: "503", firstPassAt: null, lastFailureAt: null }
const check = { name: "http", passed: true, attempts: 3, failures: 1, ...seen }

const ports = Layer.mergeAll(
  Layer.mock(HealthGate)({
    run: () =>
      Effect.as(Effect.logWarning("slow"), { passed: true, reason: "http: passed", tookMs: 1, checks: [check] })
  }),
  Layer.mock(SnapshotStore)({}),
  Layer.mock(DataIdentity)({ look: () => Effect.succeed([]), mark: () => Effect.void }),
  Layer.mock(VersionSource)({ existing: () => Effect.succeed(null) }),
  Layer.mock(Commands)({})
)

const runtime = runtimeWith({ inspect: () => Effect.succeed(inspection()), volumes: () => Effect.succeed([]) })

const journal = Journal.of({
  load: () => Effect.succeed(begun),
  head: Effect.succeed(""),
  names: Effect.succeed([]),
  foldersOfOthers: () => Effect.succeed([]),
  append: (_app, from, attempt, events) =>
    Effect.sync(() =>
      events.reduce((state, event) => evolve(state, { version: state.version + 1, at: iso(now), attempt, event }), from)
    )
})

const driven = Effect.gen(function* () {
  const spans: Array<Tracer.NativeSpan> = []
  const lines: Array<unknown> = []
  const tracer = Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      spans.push(span)
      return span
    }
  })
  const logger = Logger.make(({ fiber, message }) => {
    lines.push([message, fiber.getRef(References.CurrentLogAnnotations)])
  })
  const driver = makeDriver(
    journal,
    Projections.of({ write: () => Effect.void, isCurrent: () => Effect.succeed(true) })
  )
  const state = yield* driver
    .drive(app, runtime, begun, { resumed: false, command: null })
    .pipe(Effect.provide([ports, Logger.layer([logger])]), Effect.withTracer(tracer))
  return { state, lines, spans }
})

describe("an attempt that is driven to its end", () => {
  it.live("annotates each log line and span of a step with attempt, step and version", () =>
    Effect.gen(function* () {
      const { lines, spans, state } = yield* driven
      assert.strictEqual(state.lastOutcome?.outcome, "committed")
      const facts = { attempt: "a1", step: "health", version: v2.version }
      assert.deepStrictEqual(lines, [[["slow"], facts]])
      const step = spans.find(({ name }) => name === "Step.health")
      assert.deepStrictEqual(Object.fromEntries(step?.attributes ?? []), facts)
    })
  )

  it.live("is counted, with its steps and the checks of its health gate", () =>
    Effect.gen(function* () {
      yield* driven
      const counted = (metric: typeof attempts | typeof healthChecks, labels: Record<string, string>) =>
        Effect.map(Metric.value(Metric.withAttributes(metric, { app: app.name, ...labels })), ({ count }) => count)
      assert.strictEqual(yield* counted(attempts, { kind: "upgrade", outcome: "committed" }), 1)
      assert.strictEqual(yield* counted(healthChecks, { result: "passed" }), 2)
      assert.strictEqual(yield* counted(healthChecks, { result: "failed" }), 1)
      const labels = { app: app.name, step: "health", result: "done" }
      assert.strictEqual((yield* Metric.value(Metric.withAttributes(stepDuration, labels))).count, 1)
    }).pipe(Effect.provideService(Metric.MetricRegistry, new Map()))
  )
})
