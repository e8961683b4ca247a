import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { makeOnce } from "../src/http/pages/once.ts"

describe("a form that is sent twice", () => {
  it.effect("acts once, and both get the answer", () =>
    Effect.gen(function* () {
      const once = yield* makeOnce<{ readonly status: number }>()
      const ended = yield* Deferred.make<void>()
      let count = 0
      const work = Effect.suspend(() => {
        count += 1
        return Effect.as(Deferred.await(ended), { status: 202 })
      })
      const first = yield* Effect.forkChild(once("a", work), { startImmediately: true })
      const second = yield* Effect.forkChild(once("a", work), { startImmediately: true })
      yield* Deferred.succeed(ended, undefined)
      assert.deepStrictEqual([yield* Fiber.join(first), yield* Fiber.join(second)], [{ status: 202 }, { status: 202 }])
      assert.deepStrictEqual(yield* once("a", work), { status: 202 })
      assert.strictEqual(count, 1)
      yield* once("b", work)
      assert.strictEqual(count, 2)
    })
  )

  it.effect("acts once, also if the browser lost its connection before the answer", () =>
    Effect.gen(function* () {
      const once = yield* makeOnce<{ readonly status: number }>()
      const ended = yield* Deferred.make<void>()
      let count = 0
      const work = Effect.suspend(() => {
        count += 1
        return Effect.as(Deferred.await(ended), { status: 202 })
      })
      const first = yield* Effect.forkChild(once("a", work), { startImmediately: true })
      yield* Effect.yieldNow
      yield* Fiber.interrupt(first)
      const second = yield* Effect.forkChild(once("a", work), { startImmediately: true })
      yield* Deferred.succeed(ended, undefined)
      assert.deepStrictEqual(yield* Fiber.join(second), { status: 202 })
      assert.strictEqual(count, 1)
    })
  )

  it.effect("may be sent again after a refusal", () =>
    Effect.gen(function* () {
      const once = yield* makeOnce<{ readonly status: number }>()
      assert.deepStrictEqual(yield* once("a", Effect.succeed({ status: 409 })), { status: 409 })
      assert.deepStrictEqual(yield* once("a", Effect.succeed({ status: 202 })), { status: 202 })
    })
  )
})
