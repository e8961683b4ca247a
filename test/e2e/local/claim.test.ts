/** One hand on an app, through real processes. */
import { assert, describe, it } from "@effect/vitest"
import { isLastgood } from "@lastgood/testing/binary"
import { kill } from "@lastgood/testing/processes"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { expectApp, expectCode, expectNoStrayProcess, expectWholeLog, installed } from "../expect.ts"
import { migrates, v2, waitUntil } from "../harness.ts"

describe("two lastgoods on one app", () => {
  /** Verifies: LAW-7 */
  it.live("exit with 75 for the second, which names the first; the claim of a dead one ends by itself", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      yield* world.tag(v2, migrates)
      const first = yield* Effect.forkChild(
        world.lastgood(["upgrade", "demo"], world.fault("forward/health:before:hang"))
      )
      const held = Effect.map(world.processes, (all) => all.filter(({ command }) => isLastgood(command)))
      yield* waitUntil(
        "the first did not come to its health gate",
        Effect.map(world.lastStep, (s) => s === "health")
      )
      const second = yield* world.lastgood(["upgrade", "demo"])
      expectCode(second, 75)
      const holder = (yield* held).at(-1)
      assert.include(second.stderr, String(holder?.pid))

      yield* kill(holder?.pid ?? 0)
      expectCode(yield* Fiber.join(first), null)
      expectCode(yield* world.lastgood(["upgrade", "demo"]), 0)
      yield* expectApp(world, { version: v2, schema: 2, rows: ["a", "written by 2"] })
      yield* expectNoStrayProcess(world)
    })
  )

  /** Verifies: LAW-7 */
  it.live("let exactly one of four concurrent starts work", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      yield* world.tag(v2, migrates)
      const rans = yield* Effect.forEach([1, 2, 3, 4], () => world.lastgood(["upgrade", "demo"]), {
        concurrency: "unbounded"
      })
      // One that started when the first had ended found nothing to do: 0 as well.
      assert.isTrue(
        rans.every(({ code }) => code === 0 || code === 75),
        JSON.stringify(rans)
      )
      assert.isTrue(rans.some(({ code }) => code === 0))
      const events = yield* expectWholeLog(world)
      assert.strictEqual(events.filter(({ type }) => type === "UpgradeAttempted").length, 1)
      yield* expectApp(world, { version: v2, schema: 2, rows: ["a", "written by 2"] })
      yield* expectNoStrayProcess(world)
    })
  )
})
