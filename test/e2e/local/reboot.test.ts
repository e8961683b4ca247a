/** A power cut in the middle of an attempt takes the app along; the next start of lastgood finds nothing running. */
import { assert, describe, it } from "@effect/vitest"
import { killAll } from "@lastgood/testing/processes"
import * as Effect from "effect/Effect"
import { expectApp, expectCode, expectNoOldCodeOnNewData, expectNoStrayProcess, installed } from "../expect.ts"
import { harms, migrates, v1, v2 } from "../harness.ts"

const old = { version: v1, schema: 1, rows: ["a"] }
const upgraded = { version: v2, schema: 2, rows: ["a", "written by 2"] }

const cell = Effect.fnUntraced(function* (fault: string, good: boolean) {
  const world = yield* installed({ config: "    policy: minor\n" })
  yield* world.tag(v2, good ? migrates : harms)
  expectCode(yield* world.lastgood(["upgrade", "demo"], world.fault(fault)), null)
  yield* killAll(world.home)

  expectCode(yield* world.lastgood(["reconcile", "--once"]), good ? 0 : 3)
  yield* expectApp(world, good ? upgraded : old)
  yield* expectNoOldCodeOnNewData(world)
  yield* expectNoStrayProcess(world)
  assert.deepStrictEqual(
    (yield* world.alerts).map(({ outcome }) => outcome),
    good ? [] : ["recovered"]
  )
})

/** Verifies: LAW-2, LAW-6, LAW-9 */
describe.concurrent("a power cut, and one pass of the reconciler", () => {
  it.live("does not count as a failure of the new version", () => cell("forward/health:before:kill", true))
  it.live("in the health gate of a rollback is recovered from", () => cell("back/health:before:kill", false))
  for (const step of ["seal", "tidy"]) {
    it.live(`leaves the app up after ${step}`, () => cell(`forward/${step}:before:kill`, true))
    it.live(`leaves the app up after ${step} of a rollback`, () => cell(`back/${step}:before:kill`, false))
  }
})

/** Verifies: LAW-6, LAW-8 */
describe("lastgood that is killed again and again while it deploys", () => {
  it.live("does not fail the version, which the first complete run commits", () =>
    Effect.gen(function* () {
      const world = yield* installed({ config: "    policy: minor\n" })
      yield* world.tag(v2, migrates)
      for (const fault of ["before", "after", "before", "after", "before", "after"]) {
        expectCode(yield* world.lastgood(["upgrade", "demo"], world.fault(`forward/deploy:${fault}:kill`)), null)
      }
      expectCode(yield* world.lastgood(["reconcile", "--once"]), 0)
      yield* expectApp(world, upgraded)
      yield* expectNoOldCodeOnNewData(world)
      assert.deepStrictEqual(yield* world.alerts, [])
      assert.deepStrictEqual((yield* world.status).quarantined, [])
    })
  )
})
