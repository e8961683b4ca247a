import { assert, describe, it } from "@effect/vitest"
import { defaultSettings } from "@lastgood/core/config/defaults"
import type { PluggedApp } from "@lastgood/core/domain/App"
import { initialStateOf } from "@lastgood/core/domain/State"
import { Engine } from "@lastgood/core/engine/Engine"
import { withoutLabels } from "@lastgood/core/engine/effective"
import type { Glance, Noted } from "@lastgood/core/engine/watch"
import { withoutPlugin } from "@lastgood/core/plugin/applyPlugins"
import { type Runtime, Runtimes } from "@lastgood/core/runtime/Runtime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { namedApp } from "../src/namedApp.ts"
import { type Look, makeLook } from "../src/watch.ts"

const app: PluggedApp = withoutPlugin({ ...namedApp("/nowhere", "notes"), ...defaultSettings, stage: "configured" })

const well: Glance = { trouble: null, starts: null, checks: [] }
const gone: Glance = { trouble: { what: "web ended", gone: true, checks: [] }, starts: null, checks: [] }

/** An app that runs, and a log that counts how often it is read. */
const watching = () => {
  const running = { version: "1.0.0", commit: "c".repeat(40) }
  let state = { ...initialStateOf("notes"), running, version: 1 }
  let glance = well
  const reads: Array<number> = []
  const noted: Array<Noted["_tag"]> = []
  const engine = Layer.mock(Engine)({
    head: Effect.sync(() => `event ${state.version}`),
    state: () =>
      Effect.sync(() => {
        reads.push(state.version)
        return state
      }),
    effective: (one) => Effect.succeed(withoutLabels(one)),
    glance: () => Effect.sync(() => glance),
    note: (_app, one, version) =>
      Effect.sync(() => {
        if (version !== state.version) return false
        noted.push(one._tag)
        state = {
          ...state,
          version: state.version + 1,
          unhealthy:
            one._tag === "Well" ? null : { what: "web ended", since: "2026-01-01T00:00:00.000Z", seenBy: "watch" }
        }
        return true
      })
  })
  const runtimes = Layer.succeed(Runtimes, { get: () => Effect.succeed({} as Runtime) })
  const look = makeLook({ provide: Effect.provide(Layer.merge(engine, runtimes)) })
  return {
    look: (before: Look | null) => look(app, before?.memory ?? null, 60_000),
    noted,
    reads,
    is: (next: Glance) => {
      glance = next
    },
    /** Another process records an event of the app. */
    record: () => {
      state = { ...state, version: state.version + 1 }
    }
  }
}

const minute = TestClock.adjust("1 minute")

describe("a look at an app between its passes", () => {
  it.effect("reads the log only after something was recorded", () =>
    Effect.gen(function* () {
      const { look, reads, record } = watching()
      let seen = yield* look(null)
      for (let looks = 0; looks < 3; looks++) {
        yield* minute
        seen = yield* look(seen)
      }
      assert.deepStrictEqual(reads, [1])
      record()
      yield* minute
      seen = yield* look(seen)
      yield* minute
      yield* look(seen)
      assert.deepStrictEqual(reads, [1, 2])
    })
  )

  /** Verifies: LAW-10 */
  it.effect("records trouble once, of the app as it is after the last event", () =>
    Effect.gen(function* () {
      const { is, look, noted, record } = watching()
      let seen = yield* look(null)
      record()
      is(gone)
      yield* minute
      seen = yield* look(seen)
      assert.isTrue(seen.isLost)
      for (let looks = 0; looks < 3; looks++) {
        yield* minute
        seen = yield* look(seen)
      }
      assert.isFalse(seen.isLost)
      is(well)
      for (let looks = 0; looks < 3; looks++) {
        yield* minute
        seen = yield* look(seen)
      }
      assert.deepStrictEqual(noted, ["Unhealthy", "Well"])
    })
  )
})
