import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { PluginGate } from "../../src/domain/Extension.ts"
import { gatesOf } from "../../src/engine/gates.ts"
import { v1, v2 } from "../domain/given.ts"
import { runtimeWith } from "../health/runtime.ts"
import { makeApp } from "../snapshot/fixture.ts"

const asked = (...asks: ReadonlyArray<PluginGate["ask"]>) => {
  const gates = asks.map((ask, i): PluginGate => ({ name: `g${i + 1}`, timeoutMs: 1000, ask }))
  const app = { ...makeApp("/nowhere"), extension: { plugin: "./p.ts", gates, hooks: [], secrets: ["hunter2"] } }
  const move = { from: v1, to: v2, trigger: "operator" } as const
  return Effect.map(gatesOf(app, runtimeWith({}), move), ({ gates: held, hazards }) => ({
    held: held.map(({ gate, reason }) => `${gate}: ${reason}`),
    broken: hazards.map(({ gate, reason }) => `${gate}: ${reason}`)
  }))
}
const nothing = { held: [], broken: [] }

describe("the gates of a plugin", () => {
  it.live("hold an upgrade back with the first refusal", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(
        yield* asked(
          () => undefined,
          async () => ""
        ),
        nothing
      )
      const said = yield* asked(
        () => null,
        () => ({ reason: "3 jobs run" }),
        () => "another"
      )
      assert.deepStrictEqual(said, { ...nothing, held: ["plugin:g2: 3 jobs run"] })
    })
  )

  /** Verifies: LAW-10, LAW-12, LAW-14 */
  it.live("hold it back with an alert if they are broken, without a secret", () =>
    Effect.gen(function* () {
      const thrown = yield* asked(() => {
        throw new Error("no answer to hunter2")
      })
      assert.deepStrictEqual(thrown, {
        ...nothing,
        broken: ["plugin:g1: the gate of the plugin ./p.ts failed: no answer to ***"]
      })
      for (const value of [42, true, {}, ["no"]]) {
        const { held, broken } = yield* asked(() => value)
        assert.deepStrictEqual([held.length, broken.length], [0, 1], String(value))
      }
    })
  )
})
