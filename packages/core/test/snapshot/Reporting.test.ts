import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { Progress } from "../../src/process/Progress.ts"
import { whileReporting } from "../../src/snapshot/Reporting.ts"

/** What is reported of work that takes a second and grows by 100 bytes each quarter of it. */
const reported = (total: number, measure: (done: number) => Effect.Effect<number, string>) =>
  Effect.gen(function* () {
    const seen: Array<readonly [number, number]> = []
    const bytes = (_what: string, done: number, all: number) => Effect.sync(() => void seen.push([done, all]))
    let asked = 0
    const working = Effect.sleep("1010 millis").pipe(
      Effect.as("result"),
      whileReporting(
        "work",
        total,
        Effect.suspend(() => measure(++asked * 100))
      ),
      Effect.provideService(Progress, { bytes })
    )
    const fiber = yield* Effect.forkChild(working)
    yield* TestClock.adjust("2 seconds")
    assert.strictEqual(yield* Fiber.join(fiber), "result")
    return seen
  })

describe("Reporting", () => {
  it.effect("reports four times a second, below the total until the end, and stops then", () =>
    Effect.gen(function* () {
      const seen = yield* reported(350, Effect.succeed)
      assert.deepStrictEqual(seen, [
        [100, 350],
        [200, 350],
        [300, 350],
        [349, 350],
        [350, 350]
      ])
    })
  )
  it.effect("ends with the bytes done if the total is unknown", () =>
    Effect.gen(function* () {
      const seen = yield* reported(0, Effect.succeed)
      assert.deepStrictEqual(seen, [
        [100, 0],
        [200, 0],
        [300, 0],
        [400, 0],
        [500, 500]
      ])
    })
  )
  it.effect("continues without a value that cannot be measured", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* reported(350, () => Effect.fail("gone")), [[350, 350]])
    })
  )
})
