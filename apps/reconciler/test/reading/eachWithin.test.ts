import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { eachWithin } from "../../src/reading/eachWithin.ts"

/** Says which work began and which was interrupted. */
const working = (takes: (item: number) => number) => {
  const begun: Array<number> = []
  const interrupted: Array<number> = []
  const all = (items: ReadonlyArray<number>, atOnce: number) =>
    eachWithin(items, {
      atOnce,
      limitMs: () => 1000,
      work: (item) =>
        Effect.sync(() => void begun.push(item)).pipe(
          Effect.andThen(takes(item) === 0 ? Effect.void : Effect.sleep(takes(item))),
          Effect.as(`${item}`),
          Effect.onInterrupt(() => Effect.sync(() => void interrupted.push(item)))
        ),
      late: (item, limitMs) => Effect.succeed(`${item} late after ${limitMs}`)
    })
  return { all, begun, interrupted }
}

describe("work on many items", () => {
  it.effect("gives the results in the order of the items", () =>
    Effect.gen(function* () {
      const { all } = working(() => 0)
      assert.deepStrictEqual(yield* all([3, 1, 2], 2), ["3", "1", "2"])
      assert.deepStrictEqual(yield* all([], 2), [])
    })
  )

  it.effect("is interrupted when its own time is over, and delays the rest by no more", () =>
    Effect.gen(function* () {
      const { all, begun, interrupted } = working((item) => (item === 1 ? 60_000 : 500))
      const fiber = yield* Effect.forkChild(all([1, 2, 3, 4], 2), { startImmediately: true })
      assert.deepStrictEqual(begun, [1, 2])
      yield* TestClock.adjust("900 millis")
      assert.deepStrictEqual([begun, interrupted], [[1, 2, 3], []])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* Fiber.join(fiber), ["1 late after 1000", "2", "3", "4"])
      assert.deepStrictEqual(interrupted, [1])
    })
  )

  it.effect("fails with the first failure, and interrupts the rest", () =>
    Effect.gen(function* () {
      let isInterrupted = false
      const interrupted = Effect.sync(() => {
        isInterrupted = true
      })
      const work = eachWithin([1, 2], {
        atOnce: 2,
        limitMs: () => 1000,
        work: (item) => (item === 1 ? Effect.onInterrupt(Effect.never, () => interrupted) : Effect.fail("unreadable")),
        late: () => Effect.never
      })
      assert.strictEqual(yield* Effect.flip(work), "unreadable")
      assert.isTrue(isInterrupted)
    })
  )
})
