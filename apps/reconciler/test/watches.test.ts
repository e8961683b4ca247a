import { assert, describe, it } from "@effect/vitest"
import { defaultSettings } from "@lastgood/core/config/defaults"
import type { PluggedApp } from "@lastgood/core/domain/App"
import { withoutPlugin } from "@lastgood/core/plugin/applyPlugins"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberMap from "effect/FiberMap"
import * as TestClock from "effect/testing/TestClock"
import { namedApp } from "../src/namedApp.ts"
import { makeWatches } from "../src/watches.ts"

const app = (name: string, watchMs: number | null = 60_000): PluggedApp =>
  withoutPlugin({ ...namedApp("/nowhere", name), ...defaultSettings, watchMs, stage: "configured" })

/** Says of each look which app, and in which second. */
const watching = Effect.fnUntraced(function* (...apps: ReadonlyArray<PluggedApp>) {
  const configured = new Map(apps.map((one) => [one.name, one]))
  const looks: Array<string> = []
  const lost = new Set<string>()
  const waits = new Map<string, Effect.Effect<number>>()
  let changed = yield* Deferred.make<void>()
  const running = yield* FiberMap.make<string>()
  const watches = makeWatches({
    known: (name) => Effect.sync(() => configured.get(name) ?? null),
    change: Effect.suspend(() => Deferred.await(changed)),
    look: Effect.fnUntraced(function* ({ name }, _before, watchMs) {
      looks.push(`${name} ${(yield* Clock.currentTimeMillis) / 1000}`)
      return { memory: null, waitMs: yield* waits.get(name) ?? Effect.succeed(watchMs), isLost: lost.has(name) }
    }),
    restart: ({ name }) => {
      looks.push(`${name} restarts`)
      return Effect.never
    },
    begin: (name, look) => FiberMap.run(running, name, look)
  })
  yield* Effect.forkScoped(watches.run, { startImmediately: true })
  const change = (change: () => void) =>
    Effect.gen(function* () {
      change()
      const before = changed
      changed = yield* Deferred.make<void>()
      yield* Deferred.succeed(before, undefined)
      yield* TestClock.adjust(0)
    })
  return { change, configured, looks, lost, waits, watches }
})

const seconds = (count: number) => TestClock.adjust(count * 1000)

describe("the watch over all apps", () => {
  it.effect("looks at an app after its interval, and again after what the look says", () =>
    Effect.gen(function* () {
      const { looks, waits, watches } = yield* watching(app("a"))
      yield* watches.add(app("a"))
      yield* seconds(59)
      assert.deepStrictEqual(looks, [])
      waits.set("a", Effect.succeed(30_000))
      yield* seconds(31)
      assert.deepStrictEqual(looks, ["a 60", "a 90"])
    })
  )

  it.effect("looks together at those that are due at almost the same time, and never too late", () =>
    Effect.gen(function* () {
      const apps = [app("a"), app("b"), app("c")]
      const { looks, watches } = yield* watching(...apps)
      for (const one of apps) {
        yield* watches.add(one)
        yield* seconds(3)
      }
      yield* seconds(117)
      assert.deepStrictEqual(looks, ["a 60", "b 60", "c 66", "a 120", "b 120", "c 126"])
    })
  )

  it.effect("delays no app for a look that takes long, and looks at no app twice at the same time", () =>
    Effect.gen(function* () {
      const { looks, waits, watches } = yield* watching(app("hangs"), app("a"))
      waits.set("hangs", Effect.as(Effect.sleep("5 minutes"), 60_000))
      yield* watches.add(app("hangs"))
      yield* watches.add(app("a"))
      yield* seconds(200)
      assert.deepStrictEqual(looks, ["hangs 60", "a 60", "a 120", "a 180"])
      yield* seconds(220)
      assert.strictEqual(looks.filter((one) => one.startsWith("hangs")).join(), "hangs 60,hangs 420")
    })
  )

  it.effect("looks at eight apps at the same time, also while ended apps restart, and after a removed one", () =>
    Effect.gen(function* () {
      const names = Array.from({ length: 20 }, (_, index) => `app${index}`)
      const { configured, looks, lost, waits, watches } = yield* watching(...names.map((name) => app(name)))
      for (const name of names) {
        waits.set(name, Effect.as(Effect.sleep("4 seconds"), 60_000))
        yield* watches.add(app(name))
      }
      // One that ends and one that is not configured any more need their places no longer.
      lost.add("app0")
      configured.delete("app1")
      yield* seconds(61)
      assert.strictEqual(looks.length, 8)
      yield* seconds(4)
      assert.deepStrictEqual([looks.length, looks[8]], [17, "app0 restarts"])
      yield* seconds(4)
      assert.strictEqual(looks.length, 20)
      yield* seconds(120)
      assert.deepStrictEqual(new Set(looks.filter((one) => one.startsWith("app1 "))), new Set())
      assert.isAtLeast(looks.filter((one) => one.startsWith("app19 ")).length, 2)
    })
  )

  it.effect("spreads the looks at many apps, of which each is looked at in every interval", () =>
    Effect.gen(function* () {
      const names = Array.from({ length: 640 }, (_, index) => `app${index}`)
      const { looks, watches } = yield* watching(...names.map((name) => app(name)))
      for (const name of names) yield* watches.add(app(name))
      yield* seconds(60)
      const first = looks.splice(0)
      assert.strictEqual(first.length, names.length)
      const perSecond = new Map<string, number>()
      for (const second of first.map((look) => look.split(" ")[1] ?? ""))
        perSecond.set(second, (perSecond.get(second) ?? 0) + 1)
      assert.isAtMost(Math.max(...perSecond.values()), 160)
      yield* seconds(60)
      assert.strictEqual(new Set(looks.map((look) => look.split(" ")[0])).size, names.length)
    })
  )

  it.effect("goes on after a bug in a look", () =>
    Effect.gen(function* () {
      const { looks, waits, watches } = yield* watching(app("a"))
      waits.set("a", Effect.die(new Error("a bug")))
      yield* watches.add(app("a"))
      yield* seconds(120)
      assert.deepStrictEqual(looks, ["a 60", "a 120"])
    })
  )

  it.effect("follows the configuration: a changed app is looked at now, a removed one no more", () =>
    Effect.gen(function* () {
      const { change, configured, looks, watches } = yield* watching(app("a"), app("b"), app("off", null))
      const [a, b, off] = [configured.get("a"), configured.get("b"), configured.get("off")]
      for (const one of [a, b, off]) if (one !== undefined) yield* watches.add(one)
      yield* seconds(100)
      yield* change(() => configured.set("off", app("off", 10_000)))
      assert.deepStrictEqual(looks, ["a 60", "b 60", "off 100"])
      yield* change(() => configured.delete("b"))
      assert.isFalse(watches.has("b"))
      yield* change(() => configured.set("off", app("off", null)))
      yield* seconds(300)
      assert.deepStrictEqual(new Set(looks.slice(3).map((one) => one.split(" ")[0])), new Set(["a"]))
      assert.isTrue(watches.has("off"))
    })
  )
})
