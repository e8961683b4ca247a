import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Semaphore from "effect/Semaphore"
import * as TestClock from "effect/testing/TestClock"
import { makeShared } from "../src/http/shared.ts"

const asked = <A, E>(work: Effect.Effect<A, E>) => Effect.forkChild(work, { startImmediately: true })

/** Work that ends when it is told to. `count` says how often it began, for each key. */
const countedWork = Effect.gen(function* () {
  const gate = yield* Deferred.make<void>()
  const begun: Array<string> = []
  const work = (key: string) =>
    Effect.gen(function* () {
      begun.push(key)
      const n = begun.length
      yield* Deferred.await(gate)
      return key === "fails" ? yield* Effect.fail(`${key} ${n}`) : `${key} ${n}`
    })
  return { begun, work, finish: Deferred.succeed(gate, undefined) }
})

describe("work that many requests ask for", () => {
  it.effect("begins once for all that wait, after they asked", () =>
    Effect.gen(function* () {
      const { begun, finish, work } = yield* countedWork
      const shared = yield* makeShared(yield* Semaphore.make(1), work)
      const first = yield* asked(shared("a"))
      yield* Effect.yieldNow
      assert.deepStrictEqual(begun, ["a"])
      const others = yield* Effect.forEach([1, 2, 3, 4], () => asked(shared("a")))
      const other = yield* asked(shared("b"))
      yield* finish
      assert.strictEqual(yield* Fiber.join(first), "a 1")
      // The next one for the same key begins after a pause, in which more of them come.
      yield* TestClock.adjust("99 millis")
      assert.deepStrictEqual(begun, ["a"])
      const late = yield* asked(shared("a"))
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(
        yield* Fiber.joinAll([...others, late]),
        Array.from({ length: 5 }, () => "a 2")
      )
      assert.strictEqual(yield* Fiber.join(other), "b 3")
    }).pipe(Effect.scoped)
  )

  it.effect("goes on for the others when the one that asked first has gone", () =>
    Effect.gen(function* () {
      const { finish, work } = yield* countedWork
      const shared = yield* makeShared(yield* Semaphore.make(1), work)
      const gone = yield* asked(shared("a"))
      const stays = yield* asked(shared("a"))
      yield* Fiber.interrupt(gone)
      yield* finish
      assert.strictEqual(yield* Fiber.join(stays), "a 1")
    }).pipe(Effect.scoped)
  )

  it.effect("fails for all of them, and begins anew for the next", () =>
    Effect.gen(function* () {
      const { finish, work } = yield* countedWork
      const shared = yield* makeShared(yield* Semaphore.make(1), work)
      const both = yield* Effect.forEach([1, 2], () => asked(Effect.flip(shared("fails"))))
      yield* finish
      assert.deepStrictEqual(yield* Fiber.joinAll(both), ["fails 1", "fails 1"])
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* Effect.flip(shared("fails")), "fails 2")
    }).pipe(Effect.scoped)
  )
})
