import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { makeWakes } from "../src/wakes.ts"

describe("waking the passes over an app", () => {
  it.effect("ends their wait, also one that begins later, and once", () =>
    Effect.gen(function* () {
      const { taken, wait, wake } = makeWakes()
      const waiting = yield* Effect.forkChild(wait("a"), { startImmediately: true })
      const other = yield* Effect.forkChild(wait("b"), { startImmediately: true })
      yield* wake("a")
      yield* Fiber.join(waiting)
      yield* wait("a")
      assert.isTrue(yield* taken("a"))
      assert.isFalse(yield* taken("a"))
      assert.isFalse(yield* taken("b"))
      yield* Fiber.interrupt(other)
    })
  )
})
