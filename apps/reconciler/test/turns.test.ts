import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Semaphore from "effect/Semaphore"
import { makeTurns } from "../src/turns.ts"

/** Apps that work until they are told to end. */
const world = Effect.fnUntraced(function* (concurrency: number) {
  const inTurn = makeTurns(yield* Semaphore.make(concurrency))
  const log: Array<string> = []
  const begin = Effect.fnUntraced(function* (name: string, ...after: ReadonlyArray<string>) {
    const end = yield* Deferred.make<void>()
    const say = (what: string) =>
      Effect.sync(() => {
        log.push(`${name} ${what}`)
      })
    const work = Effect.andThen(Effect.andThen(say("begins"), Deferred.await(end)), say("ends"))
    const fiber = yield* Effect.forkChild(inTurn({ name, after }, work), { startImmediately: true })
    yield* settled
    return Effect.andThen(Deferred.succeed(end, undefined), Effect.andThen(Fiber.await(fiber), settled))
  })
  return { begin, log }
})

const settled = Effect.forEach(Array.from({ length: 10 }), () => Effect.yieldNow, { discard: true })

describe("turns", () => {
  it.effect("let an app wait for those that come first and are at work, and for no others", () =>
    Effect.gen(function* () {
      const { begin, log } = yield* world(5)
      const endDb = yield* begin("db")
      const endAuth = yield* begin("auth", "db")
      const endWeb = yield* begin("web", "auth", "idle")
      const endOther = yield* begin("other")
      assert.deepStrictEqual(log, ["db begins", "other begins"])
      yield* endDb
      assert.deepStrictEqual(log.slice(2), ["db ends", "auth begins"])
      yield* endAuth
      assert.deepStrictEqual(log.slice(4), ["auth ends", "web begins"])
      yield* endWeb
      yield* endOther
    })
  )

  it.effect("work on as many apps as allowed, and an app that waits does not count", () =>
    Effect.gen(function* () {
      const { begin, log } = yield* world(1)
      const endA = yield* begin("a")
      const endB = yield* begin("b", "a")
      const endC = yield* begin("c")
      assert.deepStrictEqual(log, ["a begins"])
      yield* endA
      assert.strictEqual(log.length, 3, log.join())
      yield* Effect.all([endB, endC], { concurrency: "unbounded", discard: true })
      assert.strictEqual(log.filter((line) => line.endsWith("begins")).length, 3)
    })
  )

  it.effect("go on after an app was interrupted", () =>
    Effect.gen(function* () {
      const inTurn = makeTurns(yield* Semaphore.make(1))
      const stuck = yield* Effect.forkChild(inTurn({ name: "a", after: [] }, Effect.never), { startImmediately: true })
      yield* Fiber.interrupt(stuck)
      assert.strictEqual(yield* inTurn({ name: "b", after: ["a"] }, Effect.succeed("done")), "done")
    })
  )
})
