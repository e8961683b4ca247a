import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Semaphore from "effect/Semaphore"
import { makeQueue } from "../src/http/queue.ts"

const asked = <A, E>(work: Effect.Effect<A, E>) => Effect.forkChild(work, { startImmediately: true })

describe("requests that wait for one another", () => {
  it.effect("are refused at once if too many wait, and a place is free again when one leaves", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const queue = makeQueue(yield* Semaphore.make(1), 2)
      const work = queue(Deferred.await(gate))
      const first = yield* asked(work)
      const [second, third] = yield* Effect.all([asked(work), asked(work)])
      const refused = yield* Effect.flip(work)
      assert.strictEqual(refused.detail, "2 requests wait for this already, which is the most")
      yield* Fiber.interrupt(third)
      const last = yield* asked(work)
      yield* Effect.flip(work)
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.joinAll([first, second, last])
      yield* work
    })
  )
})
