import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { againIfNetworkGoes } from "../../../src/runtime/docker/networkGoing.ts"
import { RuntimeFailed } from "../../../src/runtime/Runtime.ts"

const failed = (reason: string) => new RuntimeFailed({ app: "shop", operation: "deploy", reason, next: "look" })
const gone = "failed to create service shop_web: Error response from daemon: network shop_default not found"

/** How often a deploy was tried that fails with these reasons, and then succeeds; and what it ends with. */
const tried = Effect.fnUntraced(function* (reasons: ReadonlyArray<string>) {
  let count = 0
  const bringUp = Effect.suspend(() => {
    const reason = reasons[count++]
    return reason === undefined ? Effect.void : Effect.fail(failed(reason))
  })
  const fiber = yield* Effect.forkChild(
    Effect.match(againIfNetworkGoes(bringUp), { onSuccess: () => "up", onFailure: ({ message }) => message })
  )
  yield* TestClock.adjust("1 minute")
  return { count, end: yield* Fiber.join(fiber) }
})

/** Verifies: LAW-9 */
describe("a deploy that misses the network of the app", () => {
  it.effect("is repeated: Docker was still removing it", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* tried([gone, gone]), { count: 3, end: "up" })
    })
  )

  it.effect("fails with Docker's complaint if the network stays away", () =>
    Effect.gen(function* () {
      const { count, end } = yield* tried(Array.from({ length: 99 }, () => gone))
      assert.strictEqual(count, 11)
      assert.include(end, "network shop_default not found")
    })
  )

  it.effect("fails at once with any other complaint", () =>
    Effect.gen(function* () {
      const { count, end } = yield* tried(["invalid mount config"])
      assert.strictEqual(count, 1)
      assert.include(end, "invalid mount config")
    })
  )
})
