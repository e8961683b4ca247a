/**
 * The daemon's own loop, with the real engine and a real log, over simulated months. Nothing but the log grows without bound.
 * `npm run soak:months` runs two years of 20 apps.
 */
import { existsSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { assert, describe, it } from "@effect/vitest"
import { undeliveredAlerts, unresolvedAlerts } from "@lastgood/core/domain/alerts"
import type { AppState } from "@lastgood/core/domain/State"
import { isoMillis } from "@lastgood/core/domain/time"
import { Engine } from "@lastgood/core/engine/Engine"
import { recordedOf } from "@lastgood/core/engine/Journal"
import { EventStore } from "@lastgood/core/log/EventStore"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as TestClock from "effect/testing/TestClock"
import { Cadence } from "../../src/cadence.ts"
import { makeInFlight } from "../../src/InFlight.ts"
import { hostApp } from "../../src/namedApp.ts"
import { makeNotifier } from "../../src/notifier.ts"
import { reconcile } from "../../src/Reconciler.ts"
import { noPast, pastAfter } from "../../src/reading/Past.ts"
import { noServiceManager } from "../../src/ServiceManager.ts"
import { day, isChatDown, makeHost, start } from "./host.ts"

const isLong = process.env["LASTGOOD_TEST_MONTHS"] !== undefined
const months = Number(process.env["LASTGOOD_TEST_MONTHS"] ?? 1)
const apps = isLong ? 20 : 4
const monthMs = (365 / 12) * day

/** A step of the clock. What it wakes has ended before the next one. */
const stepMs = day / 4

/** Real time for what waits for files: the configuration's. */
const breathe = Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 2)))

interface Standing {
  readonly events: number
  readonly logBytes: number
  /** The most of any app. */
  readonly stateBytes: number
  readonly pastBytes: number
  readonly hostBytes: number
  readonly openAlerts: number
  readonly owed: number
  /** Those of them that a sink is owed for more than a day. */
  readonly owedLate: number
  /** What the daemon keeps in memory; null: not measured. */
  readonly heapBytes: number | null
  readonly snapshots: number
  readonly asides: number
  readonly releases: number
}

/**
 * With a version each week, one of eight broken, and trouble every ten days. Measured over eleven months of 20 apps: 140
 * events and 66 kB of log for each app and month, a state of 16 kB, a past of 63 kB, 35 kB for the host, 8 open alerts, 141
 * owed while the chat was down, 4 snapshots, 2 sets of data set aside, 5 releases.
 */
const assertBounded = (found: Standing, month: number) => {
  const most = {
    events: 200 * apps * month,
    logBytes: 90_000 * apps * month + 100_000,
    ...{ stateBytes: 32_000, pastBytes: 96_000, hostBytes: 60_000 },
    ...{ openAlerts: apps + 2, owed: 10 * apps + 60 },
    // `keep: 3` and that of the last good version; `aside: 7d`.
    ...{ snapshots: 5, asides: 3, releases: 6 },
    ...(found.heapBytes === null ? {} : { heapBytes: 64_000_000 })
  }
  for (const [name, limit] of Object.entries(most)) {
    const value = new Map(Object.entries(found)).get(name)
    assert.isAtMost(value, limit, `${name} in month ${month}`)
  }
}

/** Of this process, after a collection. */
const heapBytes = (): number => {
  setFlagsFromString("--expose-gc")
  runInNewContext("gc")()
  return process.memoryUsage().heapUsed
}

const sizeOf = (value: unknown): number =>
  JSON.stringify(value, (_, one) => (one instanceof Map ? [...one] : one)).length

describe(`${months} months of a daemon with ${apps} apps`, () => {
  it.effect(
    "grow the log by a bounded amount a month, and nothing else",
    () =>
      Effect.gen(function* () {
        // The log is synced after each event, which takes no time there.
        const root = yield* temporaryFolder(existsSync("/dev/shm") ? "/dev/shm" : tmpdir())
        yield* TestClock.setTime(start)
        const host = yield* makeHost(root, apps)
        const world = host.world
        const engine = <A, E>(use: (engine: Engine["Service"]) => Effect.Effect<A, E>) =>
          Effect.orDie(Effect.provide(Effect.flatMap(Engine, use), world))
        const first = { root, apps: host.apps, configured: [], isWhole: true, disabled: [], breaker: null, files: [] }
        yield* engine((one) =>
          Effect.forEach(host.apps, (app) => one.run(app, { _tag: "Deploy", to: "1.0.0", fetch: false }))
        )

        const settings = Effect.succeed({ hasSinks: true, digest: "08:00", ping: null })
        const configured = { ...first, plugins: new Map(), broken: [] }
        const daemon = yield* reconcile({
          ...{ world, concurrency: 4, fetch: false, first: configured, hangup: Effect.never },
          notifier: yield* makeNotifier(root, world, settings),
          source: { file: join(root, "lastgood.yaml"), load: Effect.succeed(configured) },
          http: () => Effect.never,
          service: noServiceManager,
          inFlight: makeInFlight(),
          facts: { version: "test", config: join(root, "lastgood.yaml"), root, sinks: [], http: [] },
          endedBy: () => "the test"
        }).pipe(Effect.forkChild)

        const headOf = Effect.flatMap(EventStore, (store) => store.head).pipe(Effect.provide(world), Effect.orDie)
        const stateOf = (app: (typeof host.apps)[number] | ReturnType<typeof hostApp>) =>
          engine((one) => one.state(app))

        let now = start
        const standing = Effect.gen(function* () {
          // Before this test reads the whole log.
          const heap = isLong ? heapBytes() : null
          const events = yield* Effect.flatMap(EventStore, (store) => store.readAll()).pipe(Effect.provide(world))
          const pasts = yield* Effect.forEach(host.apps, ({ name }) =>
            Effect.map(
              Effect.forEach(
                events.filter(({ stream }) => stream === `app/${name}`),
                recordedOf
              ),
              (recorded) => recorded.reduce(pastAfter, noPast(name))
            )
          )
          const states: ReadonlyArray<AppState> = yield* Effect.forEach(host.apps, stateOf)
          const own = yield* stateOf(hostApp(root))
          const owed = [...states, own].flatMap(undeliveredAlerts)
          const most = (count: (app: (typeof host.apps)[number]) => number) => Math.max(...host.apps.map(count))
          const found: Standing = {
            events: events.length,
            logBytes: statSync(join(root, "events.db")).size,
            stateBytes: Math.max(...states.map(sizeOf)),
            pastBytes: Math.max(...pasts.map(sizeOf)),
            hostBytes: sizeOf(own),
            openAlerts: [...states, own].reduce((sum, state) => sum + unresolvedAlerts(state).length, 0),
            owed: owed.length,
            owedLate: owed.filter(({ at }) => isoMillis(at) < now - day).length,
            heapBytes: heap,
            snapshots: most((app) => host.of(app).snapshots.size),
            asides: most((app) => host.of(app).asides.size),
            releases: most((app) => host.of(app).releases.size)
          }
          return found
        }).pipe(Effect.orDie)

        const monthly: Array<Standing> = []
        for (let month = 1; month <= months; month++) {
          for (; now < start + month * monthMs; now += stepMs) {
            yield* TestClock.adjust(stepMs)
            let head = -1
            for (let next = yield* headOf; next.position !== head; next = yield* headOf) {
              head = next.position
              yield* breathe
            }
          }
          const found = yield* standing
          monthly.push(found)
          if (isLong) yield* Effect.sync(() => process.stderr.write(`${month}: ${JSON.stringify(found)}\n`))
          assertBounded(found, month)
          // Nothing stays undelivered once the chat answers again.
          if (!isChatDown(now - 7 * day) && !isChatDown(now)) assert.strictEqual(found.owedLate, 0, `month ${month}`)
        }
        if (months < 3) return yield* Fiber.interrupt(daemon)
        const events = monthly.map(({ events }, i) => events - (monthly[i - 1]?.events ?? 0))
        // Every month adds about the same.
        assert.isBelow(Math.max(...events.slice(1)), 1.5 * Math.min(...events.slice(1)), events.join(", "))
        yield* Fiber.interrupt(daemon)
      }).pipe(
        Effect.provideService(Cadence, {
          configurationMs: day,
          notificationsMs: day / 4,
          retryMs: day,
          keptMs: day,
          mirrorsMs: day,
          memoryMs: day
        }),
        Effect.provide(Logger.layer([]))
      ),
    3_600_000
  )
})
