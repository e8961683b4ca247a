/** What a status of many apps asks of the host: that of the apps themselves must not grow with what the watch knows already. */
import { assert, describe, it } from "@effect/vitest"
import { Claims } from "@lastgood/core/claim/Claims"
import { defaultSettings } from "@lastgood/core/config/defaults"
import type { ConfiguredApp } from "@lastgood/core/domain/App"
import { initialStateOf } from "@lastgood/core/domain/State"
import { iso } from "@lastgood/core/domain/time"
import { Engine } from "@lastgood/core/engine/Engine"
import { Journal } from "@lastgood/core/engine/Journal"
import { HealthGate } from "@lastgood/core/health/HealthGate"
import { serviceSeen } from "@lastgood/core/runtime/inspection"
import { type Runtime, Runtimes } from "@lastgood/core/runtime/Runtime"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { checkedIn } from "../../src/checked.ts"
import { namedApp } from "../../src/namedApp.ts"
import { askedStandings, type CheckedOf, offlineStandings } from "../../src/reading/standings.ts"

const now = Date.parse("2026-03-01T03:00:00.000Z")

const check = (name: string) => ({ kind: "http" as const, name, url: `http://${name}/`, status: 200, timeoutMs: 1000 })

const app = (name: string): ConfiguredApp => ({
  ...namedApp("/nowhere", name),
  ...defaultSettings,
  gate: { ...defaultSettings.gate, checks: [check(name)] },
  stage: "configured"
})

const apps = (count: number) => Array.from({ length: count }, (_, index) => app(`app${index}`))

const running = (name: string) => ({
  ...initialStateOf(name),
  running: { version: "1.0.0", commit: "c".repeat(40) },
  version: 9
})

const service = serviceSeen({ name: "web", state: "running", ok: true, replicas: 1, since: iso(now - 3_600_000) })

const lookOf = (name: string, seen = service) => ({
  state: running(name),
  inspection: {
    present: true,
    converged: true,
    version: "1.0.0",
    commit: "c".repeat(40),
    mixed: false,
    services: [seen]
  },
  volumes: [],
  refusal: null,
  envChanged: false
})

interface Host {
  readonly seen?: typeof service
  /** Without a log yet. */
  readonly isNew?: (app: string) => boolean
}

/** Counts what is asked. The app named `silent` never answers. */
const makeHost = ({ isNew = () => false, seen = service }: Host = {}) => {
  let loads = 0
  const stateOf = (name: string) => {
    if (isNew(name)) return initialStateOf(name)
    return name === "silent" ? { ...running(name), renamed: { to: "app150" } } : running(name)
  }
  const asked: Array<string> = []
  let searches = 0
  const services = Layer.mergeAll(
    Layer.mock(Engine)({
      look: ({ name }) =>
        name === "silent" ? Effect.never : Effect.succeed({ ...lookOf(name, seen), state: stateOf(name) })
    }),
    Layer.mock(Journal)({
      names: Effect.succeed(["silent", ...apps(200).map(({ name }) => name)].filter((name) => !isNew(name))),
      load: (name) =>
        Effect.sync(() => {
          loads += 1
          return stateOf(name)
        })
    }),
    Layer.mock(HealthGate)({
      runCheck: (_app, _runtime, { name }) =>
        Effect.sync(() => {
          asked.push(name)
          return { ok: true, dead: false, seen: "200 OK" }
        })
    }),
    Layer.mock(Claims)({
      holders: () =>
        Effect.sync(() => {
          searches += 1
          return new Map()
        })
    }),
    Layer.succeed(Runtimes, { get: () => Effect.succeed({} as Runtime) })
  )
  const standings = (all: ReadonlyArray<ConfiguredApp>, checked: CheckedOf | null = null) =>
    Effect.provide(askedStandings(all, now, checked), services)
  const offline = (all: ReadonlyArray<ConfiguredApp>) => Effect.provide(offlineStandings(all, now), services)
  return { asked, standings, offline, loads: () => loads, searches: () => searches }
}

const ago = (seconds: number) => now - seconds * 1000

/** The watch has seen all apps pass, but one. */
const watched: CheckedOf = ({ gate, name }) =>
  name === "app7"
    ? null
    : { at: ago(20), checks: gate.checks.map((one) => ({ name: one.name, ok: true, seen: "200" })) }

describe("the standing of many apps", () => {
  it.effect("asks an app itself only if its last checks do not count, and says when those were", () =>
    Effect.gen(function* () {
      const { asked, searches, standings } = makeHost()
      const found = yield* standings(apps(200), watched)
      assert.deepStrictEqual(asked, ["app7"])
      assert.strictEqual(searches(), 2)
      assert.strictEqual(found.length, 200)
      assert.deepStrictEqual(found[0]?.health, { ok: true, seen: "app0: 200", at: iso(ago(20)) })
      assert.deepStrictEqual(found[7]?.health, { ok: true, seen: "app7: 200 OK" })
      assert.deepStrictEqual(new Set(found.map(({ phase }) => phase)), new Set(["running"]))
    })
  )

  it.effect("tells no time of earlier checks for trouble that was seen now", () =>
    Effect.gen(function* () {
      const { standings } = makeHost({ seen: { ...service, health: "unhealthy" } })
      const [found] = yield* standings(apps(200), watched)
      assert.strictEqual(found?.health?.ok, false)
      assert.isUndefined(found?.health?.at)
    })
  )

  it.effect("asks each of a few apps itself, and all of them if there is no watch", () =>
    Effect.gen(function* () {
      const few = makeHost()
      const found = yield* few.standings(apps(20), watched)
      assert.strictEqual(few.asked.length, 20)
      assert.isTrue(found.every(({ health }) => health?.at === undefined))
      const many = makeHost()
      yield* many.standings(apps(200))
      assert.strictEqual(many.asked.length, 200)
    })
  )

  it.effect("tells of an interrupted rename, and reads no log more often for many apps without one", () =>
    Effect.gen(function* () {
      const { loads, offline, standings } = makeHost({ isNew: (name) => Number(name.slice(3)) >= 100 })
      const found = yield* offline(apps(200))
      const asked = yield* standings(apps(200), watched)
      assert.isAtMost(loads(), 3 * 200)
      for (const all of [found, asked]) {
        assert.include(all[150]?.waitingFor ?? "", "silent is being renamed to it; lastgood rename silent app150")
        assert.notInclude(all[151]?.waitingFor ?? "", "renamed")
      }
    })
  )

  it.effect("is unknown for an app whose runtime does not answer, and delays the others by no more", () =>
    Effect.gen(function* () {
      const { standings } = makeHost()
      const fiber = yield* Effect.forkChild(standings([app("silent"), ...apps(100)], watched), {
        startImmediately: true
      })
      yield* TestClock.adjust("6 seconds")
      const [silent, ...others] = yield* Fiber.join(fiber)
      assert.strictEqual(silent?.phase, "unknown")
      assert.include(silent?.reason ?? "", "did not answer within 5 s")
      assert.isTrue(others.every(({ phase }) => phase === "running"))
    })
  )
})

describe("the last checks of the watch", () => {
  const one = app("app0")
  const memory = {
    app: { ...one, stage: "plugged" as const, plugin: null },
    passed: { at: ago(20), checks: [{ name: "app0", passed: true, seen: "200 OK" }] },
    state: running("app0")
  } as unknown as NonNullable<Parameters<typeof checkedIn>[0]>
  const look = lookOf("app0")

  it("count if they passed within the interval of the watch", () => {
    assert.deepStrictEqual(checkedIn(memory, one, look, now), {
      at: ago(20),
      checks: [{ name: "app0", ok: true, seen: "200 OK" }]
    })
  })

  it("do not count if one failed, they are old, the app has changed or was started since, or has another check", () => {
    const startedAt = (seconds: number) => ({
      ...look,
      inspection: { ...look.inspection, services: [service, { ...service, since: iso(ago(seconds)) }] }
    })
    const withCheck = (changed: ReturnType<typeof check>) => ({ ...one, gate: { ...one.gate, checks: [changed] } })
    const old = { ...memory, passed: { at: ago(200), checks: memory.passed?.checks ?? [] } }
    const later = { ...memory, passed: { at: ago(-5), checks: memory.passed?.checks ?? [] } }
    for (const [what, found] of Object.entries({
      none: checkedIn(null, one, look, now),
      failed: checkedIn({ ...memory, passed: null }, one, look, now),
      old: checkedIn(old, one, look, now),
      "of a clock that was set back": checkedIn(later, one, look, now),
      "another event": checkedIn(memory, one, { ...look, state: { ...look.state, version: 10 } }, now),
      "started since": checkedIn(memory, one, startedAt(10), now),
      "started just before": checkedIn(memory, one, startedAt(21), now),
      "another check": checkedIn(memory, withCheck(check("new")), look, now),
      "none to run": checkedIn(memory, { ...one, gate: { ...one.gate, checks: [] } }, look, now),
      "another check of the same name": checkedIn(memory, withCheck({ ...check("app0"), status: 204 }), look, now)
    })) {
      assert.isNull(found, what)
    }
    assert.isNotNull(checkedIn(memory, one, startedAt(30), now))
  })
})
