import { assert, describe, it } from "@effect/vitest"
import { defaultSettings } from "@lastgood/core/config/defaults"
import type { PluggedApp } from "@lastgood/core/domain/App"
import { Engine } from "@lastgood/core/engine/Engine"
import { withoutPlugin } from "@lastgood/core/plugin/applyPlugins"
import { Runtimes } from "@lastgood/core/runtime/Runtime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { namedApp } from "../../src/namedApp.ts"
import { makePreparations } from "../../src/preparing/preparations.ts"

const minute = 60_000

const app = (name: string): PluggedApp =>
  withoutPlugin({
    ...namedApp("/nowhere", name),
    ...defaultSettings,
    snapshot: { ...defaultSettings.snapshot, engine: "mirror" },
    stage: "configured"
  })

/** @param prepareAhead of the engine. Nothing else of it is used. */
const preparing = (
  configured: ReadonlyMap<string, PluggedApp>,
  prepareAhead: (one: PluggedApp) => Effect.Effect<"done">
) =>
  makePreparations({
    world: Layer.mergeAll(Layer.mock(Engine)({ prepareAhead }), Layer.mock(Runtimes)({})),
    apps: Effect.sync(() => [...configured.values()]),
    everyMs: minute
  })

describe("the work on mirrors, ahead of upgrades", () => {
  it.effect("has ended for an app that is not worked on, so that its passes never wait for it", () =>
    Effect.gen(function* () {
      const { ended } = preparing(new Map(), () => Effect.never)
      const waited = yield* Effect.raceFirst(Effect.as(ended("a"), "ended"), Effect.as(Effect.yieldNow, "waits"))
      assert.strictEqual(waited, "ended")
    })
  )

  /** Verifies: LAW-4 */
  it.effect("is considered for btrfs snapshots as well, one of which may be the only copy, but not for archives", () =>
    Effect.gen(function* () {
      const engines = ["mirror", "btrfs", "tar"] as const
      const configured = new Map(
        engines.map(
          (engine) => [engine, { ...app(engine), snapshot: { ...defaultSettings.snapshot, engine } }] as const
        )
      )
      const considered: Array<string> = []
      const { run } = preparing(configured, ({ name }) => {
        considered.push(name)
        return Effect.succeed("done")
      })
      yield* Effect.forkScoped(run, { startImmediately: true })
      yield* TestClock.adjust(minute)
      assert.deepStrictEqual(considered, ["mirror", "btrfs"])
    })
  )

  it.effect("leaves an app without mirrors alone for hours, unless its settings change", () =>
    Effect.gen(function* () {
      const configured = new Map([["a", app("a")]])
      let looks = 0
      const none = { count: 0, refreshedAt: null, isOnlyCopy: false, isUnused: false, refused: null, attempt: null }
      const engine = Layer.mock(Engine)({
        prepareAhead: (_, isDue) =>
          Effect.map(isDue(none), () => {
            looks += 1
            return "nothing" as const
          })
      })
      const { run } = makePreparations({
        world: Layer.mergeAll(engine, Layer.mock(Runtimes)({})),
        apps: Effect.sync(() => [...configured.values()]),
        everyMs: minute
      })
      yield* Effect.forkScoped(run, { startImmediately: true })
      yield* TestClock.adjust(5 * 60 * minute)
      assert.strictEqual(looks, 1)
      configured.set("a", { ...app("a"), snapshot: { ...defaultSettings.snapshot, engine: "auto" } })
      yield* TestClock.adjust(2 * minute)
      assert.strictEqual(looks, 2)
      yield* TestClock.adjust(6 * 60 * minute)
      assert.strictEqual(looks, 3)
    })
  )

  it.effect("is considered for every app after the time for that, however often others have passes", () =>
    Effect.gen(function* () {
      const configured = new Map(["a", "b"].map((name) => [name, app(name)] as const))
      const considered: Array<string> = []
      const { consider, run } = preparing(configured, ({ name }) => {
        considered.push(name)
        return Effect.succeed("done")
      })
      yield* Effect.forkScoped(run, { startImmediately: true })
      yield* TestClock.adjust(minute / 2)
      yield* consider("a")
      yield* TestClock.adjust(minute / 4)
      assert.deepStrictEqual(considered, ["a"])
      yield* TestClock.adjust(minute / 4)
      assert.deepStrictEqual(considered, ["a", "a", "b"])
    })
  )

  it.effect("goes by the configuration of its moment: the apps before it may have taken hours", () =>
    Effect.gen(function* () {
      const configured = new Map(["a", "b", "c"].map((name) => [name, app(name)] as const))
      const worked: Array<string> = []
      const { run } = preparing(configured, ({ name }) =>
        Effect.sync(() => {
          worked.push(name)
          // Meanwhile, the operator wants no mirrors of b.
          if (name === "a")
            configured.set("b", { ...app("b"), snapshot: { ...defaultSettings.snapshot, engine: "tar" } })
          return "done"
        })
      )
      yield* Effect.forkScoped(run, { startImmediately: true })
      yield* TestClock.adjust(minute)
      assert.deepStrictEqual(worked, ["a", "c"])
    })
  )
})
