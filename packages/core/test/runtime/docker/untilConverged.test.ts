import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { type Convergence, untilConverged } from "../../../src/runtime/docker/untilConverged.ts"
import { RuntimeFailed } from "../../../src/runtime/Runtime.ts"

const up = (...running: ReadonlyArray<string>): Convergence => ({ _tag: "Converged", running })
const starting: Convergence = { _tag: "Waiting", waitingFor: ["web: 0/1"] }

/** Waits with a deadline of 10 s; `after` says what is seen after so many milliseconds. */
const wait = Effect.fnUntraced(function* (after: (ms: number) => Convergence) {
  const began = yield* Clock.currentTimeMillis
  const waiting = untilConverged({
    look: Effect.map(Clock.currentTimeMillis, (now) => after(now - began)),
    settleMs: 1000,
    pollMs: 300,
    deadline: began + 10_000,
    units: "containers",
    failed: (reason) => Effect.succeed(new RuntimeFailed({ app: "shop", operation: "deploy", reason, next: "look" }))
  })
  const fiber = yield* Effect.forkChild(
    Effect.flatMap(Effect.exit(waiting), (exit) =>
      Effect.map(Clock.currentTimeMillis, (now) => ({ exit, tookMs: now - began }))
    )
  )
  yield* TestClock.adjust("1 minute")
  const { exit, tookMs } = yield* Fiber.join(fiber)
  return { tookMs, said: Exit.isSuccess(exit) ? "up" : String(exit.cause) }
})

/** Verifies: LAW-9 */
describe("a deploy", () => {
  it.effect("ends when the same containers have run for the time to settle", () =>
    Effect.gen(function* () {
      const { said, tookMs } = yield* wait((ms) => (ms < 3000 ? starting : up("a")))
      assert.deepStrictEqual([said, tookMs], ["up", 4200])
    })
  )

  it.effect("gives containers that came up just before the deadline the time to settle", () =>
    Effect.gen(function* () {
      const { said, tookMs } = yield* wait((ms) => (ms < 9900 ? starting : up("a")))
      assert.deepStrictEqual([said, tookMs], ["up", 11_100])
    })
  )

  it.effect("fails at the deadline with what it waits for", () =>
    Effect.gen(function* () {
      const { said, tookMs } = yield* wait(() => starting)
      assert.match(said, /it has not converged in time: web: 0\/1/)
      assert.strictEqual(tookMs, 10_200)
    })
  )

  it.effect("fails at the deadline if its containers do not stay up", () =>
    Effect.gen(function* () {
      const { said, tookMs } = yield* wait((ms) => up(`a ${Math.floor(ms / 900)}`))
      assert.match(said, /its containers do not stay up/)
      assert.strictEqual(tookMs, 10_200)
    })
  )

  it.effect("does not wait for containers that fall after the deadline", () =>
    Effect.gen(function* () {
      const { said, tookMs } = yield* wait((ms) => (ms < 9900 || ms > 10_300 ? starting : up("a")))
      assert.match(said, /it has not converged in time: web: 0\/1/)
      assert.strictEqual(tookMs, 10_500)
    })
  )
})
