import { assert, describe, it } from "@effect/vitest"
import { openAlerts, unresolvedAlerts } from "@lastgood/core/domain/alerts"
import { type Event, make } from "@lastgood/core/domain/Event"
import { evolve } from "@lastgood/core/domain/evolve"
import { type AppState, initialStateOf } from "@lastgood/core/domain/State"
import { Engine } from "@lastgood/core/engine/Engine"
import { eventsOf } from "@lastgood/core/engine/watch"
import { Runtimes } from "@lastgood/core/runtime/Runtime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Trouble } from "../src/Configuration.ts"
import { deliverHostAlerts, makeConfigAlerts } from "../src/configAlerts.ts"
import { hostApp, namedApp } from "../src/namedApp.ts"

const root = "/nowhere"
const notes = namedApp(root, "notes")
const wiki = namedApp(root, "wiki")

const file: Trouble = { app: null, isKept: true, isTrusted: true, why: "line 3: ]", next: "" }
const broken: Trouble = { app: notes, isKept: true, isTrusted: true, why: "gate.mjs: ((", next: "" }
const untrusted: Trouble = { app: wiki, isKept: false, isTrusted: false, why: "wiki.mjs is not used", next: "" }

/** An engine whose log is in memory. `claimed`: each time that a claim was refused. */
const makeLog = () => {
  const states = new Map<string, AppState>()
  const claimed: Array<string> = []
  let time = 0
  const stateOf = (app: string) => states.get(app) ?? initialStateOf(app)
  const append = (app: string, events: ReadonlyArray<Event>) => {
    const at = new Date(time++).toISOString()
    const put = (state: AppState, event: Event) =>
      evolve(state, { version: state.version + 1, at, attempt: null, event })
    states.set(app, events.reduce(put, stateOf(app)))
  }
  const engine = Layer.mock(Engine)({
    state: ({ name }) => Effect.sync(() => stateOf(name)),
    note: ({ name }, noted, version) =>
      Effect.sync(() => {
        claimed.push(name)
        if (version !== null && version !== stateOf(name).version) return false
        append(name, eventsOf(stateOf(name), noted, new Date(time).toISOString()) ?? [])
        return true
      })
  })
  append("notes", [
    make("AppRegistered", { recipe: "r", runtime: "local", domain: "notes.example.org", stack: "notes" })
  ])
  return {
    world: Layer.merge(engine, Layer.mock(Runtimes)({})),
    append,
    open: (app: string) => unresolvedAlerts(stateOf(app)).map(({ why }) => why),
    claims: () => claimed.splice(0)
  }
}

/** Verifies: LAW-10 */
describe("alerts about the configuration", () => {
  it.effect("report each current problem separately", () =>
    Effect.gen(function* () {
      const { open, world } = makeLog()
      const { raise } = makeConfigAlerts(world, root)
      const told = () => [open("_host"), open("notes"), open("wiki")]
      yield* raise([file, broken, untrusted])
      assert.deepStrictEqual(told(), [["line 3: ]", "wiki: wiki.mjs is not used"], ["gate.mjs: (("], []])
      yield* raise([broken, untrusted])
      assert.deepStrictEqual(told(), [["wiki: wiki.mjs is not used"], ["gate.mjs: (("], []])
      yield* raise([untrusted])
      assert.deepStrictEqual(told(), [["wiki: wiki.mjs is not used"], [], []])
      yield* raise([])
      assert.deepStrictEqual(told(), [[], [], []])
    })
  )

  it.effect("are acknowledged by their id, also if they were raised together", () =>
    Effect.gen(function* () {
      const { world } = makeLog()
      yield* makeConfigAlerts(world, root).raise([file, untrusted])
      const engine = yield* Effect.provide(Engine, world)
      for (const { id } of openAlerts(yield* engine.state(hostApp(root)))) {
        yield* engine.note(hostApp(root), { _tag: "Acknowledged", alert: id, by: "somebody" }, null)
      }
      assert.deepStrictEqual(openAlerts(yield* engine.state(hostApp(root))), [])
    })
  )

  /** Verifies: LAW-17 */
  it.effect("do not change for an app whose folder another user could have written", () =>
    Effect.gen(function* () {
      const { claims, open, world } = makeLog()
      const { raise, retry } = makeConfigAlerts(world, root)
      yield* raise([broken])
      claims()
      yield* raise([{ ...untrusted, app: notes }])
      yield* retry
      assert.notInclude(claims(), "notes")
      assert.deepStrictEqual([open("_host"), open("notes")], [["notes: wiki.mjs is not used"], ["gate.mjs: (("]])
      yield* raise([])
      assert.deepStrictEqual([open("_host"), open("notes")], [[], []])
    })
  )

  it.effect("of an earlier daemon are resolved by the first check of their subject", () =>
    Effect.gen(function* () {
      const { claims, open, world } = makeLog()
      yield* makeConfigAlerts(world, root).raise([file, broken])
      const { afterPass, raise, retry } = makeConfigAlerts(world, root)
      yield* raise([])
      assert.deepStrictEqual([open("_host"), open("notes")], [[], ["gate.mjs: (("]])
      yield* afterPass(notes)
      assert.deepStrictEqual(open("notes"), [])
      claims()
      yield* afterPass(notes)
      assert.deepStrictEqual(claims(), [], "nobody is kept from an app of which there is nothing to say")
      yield* retry
      assert.deepStrictEqual(claims(), ["_host"], "what was resolved was never delivered")
    })
  )

  it.effect("are retried until they are delivered, also without a daemon", () =>
    Effect.gen(function* () {
      const { append, claims, open, world } = makeLog()
      const { raise, retry } = makeConfigAlerts(world, root)
      const sink = make("AlertSinksConfigured", { sinks: ["file"] })
      yield* deliverHostAlerts(world, root)
      assert.deepStrictEqual(claims(), [])
      yield* raise([file])
      append(hostApp(root).name, [sink])
      claims()
      yield* retry
      yield* deliverHostAlerts(world, root)
      assert.deepStrictEqual([claims(), open("_host")], [["_host", "_host"], ["line 3: ]"]])
      append("_host", [make("AlertDelivered", { alert: `${new Date(1).toISOString()}-config`, to: "file" })])
      yield* retry
      yield* deliverHostAlerts(world, root)
      assert.deepStrictEqual([claims(), open("_host")], [[], ["line 3: ]"]])
    })
  )
})
