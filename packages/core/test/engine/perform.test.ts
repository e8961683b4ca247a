import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Commands } from "../../src/command/Commands.ts"
import { make } from "../../src/domain/Event.ts"
import type { PluginHook } from "../../src/domain/Extension.ts"
import { perform } from "../../src/engine/perform.ts"
import { HealthGate } from "../../src/health/HealthGate.ts"
import { DataIdentity } from "../../src/snapshot/DataIdentity.ts"
import { SnapshotStore } from "../../src/snapshot/SnapshotStore.ts"
import { VersionSource } from "../../src/version/VersionSource.ts"
import { given, v1, v2 } from "../domain/given.ts"
import { runtimeWith } from "../health/runtime.ts"
import { inspection } from "../runtime/inspection.ts"
import { makeApp } from "../snapshot/fixture.ts"

const plan = ["deploy", "health"]
const forward = make("UpgradeAttempted", { from: v1, to: v2, trigger: "operator", snapshot: "s1", plan })
const back = make("RollbackStarted", { attempted: v2, lastGood: v1, snapshot: "s1", by: "failure", reason: "", plan })

/** The gate of an upgrade from v1 to v2, or of its rollback, with a hook of the plugin after it. */
const gated = (passed: boolean, direction: "forward" | "back", run: PluginHook["run"]) => {
  const state = given(direction === "forward" ? [forward] : [forward, back])
  const { attempt } = state
  if (attempt === null) throw new Error("no attempt")
  const hooks: ReadonlyArray<PluginHook> = [{ step: "health", when: "after", timeoutMs: 1000, run }]
  const app = { ...makeApp("/nowhere"), extension: { plugin: "./p.ts", gates: [], hooks, secrets: [] } }
  const runtime = runtimeWith({
    inspect: () => Effect.succeed(inspection()),
    volumes: () => Effect.succeed([]),
    logs: () => Effect.succeed("")
  })
  const ports = Layer.mergeAll(
    Layer.mock(HealthGate)({ run: () => Effect.succeed({ passed, reason: "503", tookMs: 0, checks: [] }) }),
    Layer.mock(SnapshotStore)({}),
    Layer.mock(DataIdentity)({ look: () => Effect.succeed([]), mark: () => Effect.void }),
    Layer.mock(VersionSource)({}),
    Layer.mock(Commands)({})
  )
  const work = { app, runtime, state, attempt, resumed: false, command: null }
  return Effect.map(Effect.provide(perform("health", work), ports), (events) => events.map(({ type }) => type))
}

describe("a hook after a step", () => {
  /** Verifies: LAW-9 */
  it.live("is not run after a step that failed", () =>
    Effect.gen(function* () {
      const ran: Array<string> = []
      const run = () => void ran.push("hook")
      assert.deepStrictEqual(yield* gated(false, "forward", run), ["HealthFailed"])
      assert.deepStrictEqual(ran, [])
      assert.deepStrictEqual(yield* gated(true, "forward", run), ["HealthPassed", "WorldNoted", "HookRan"])
      assert.deepStrictEqual(ran, ["hook"])
    })
  )

  it.live("fails its step in an upgrade, but never in a rollback", () =>
    Effect.gen(function* () {
      const run = () => Promise.reject(new Error("no mail"))
      assert.deepStrictEqual(yield* gated(true, "forward", run), [
        "HealthPassed",
        "WorldNoted",
        "HookRan",
        "StepFailed"
      ])
      assert.deepStrictEqual(yield* gated(true, "back", run), ["HealthPassed", "WorldNoted", "HookRan"])
    })
  )

  it.live("gets the versions and the direction of the attempt", () =>
    Effect.gen(function* () {
      const moves: Array<unknown> = []
      const run: PluginHook["run"] = ({ from, to, direction }) => void moves.push([direction, from, to])
      yield* gated(true, "forward", run)
      yield* gated(true, "back", run)
      assert.deepStrictEqual(moves, [
        ["forward", v1, v2],
        ["back", v2, v1]
      ])
    })
  )
})
