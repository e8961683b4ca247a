import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { MaxOpsBeforeYield } from "effect/Scheduler"
import { makeShared } from "../../src/snapshot/Shared.ts"

const turn = Effect.callback<void>((resume) => {
  setImmediate(() => resume(Effect.void))
})

/** How many operations a fiber does at once, and after how many turns it is interrupted. */
const moments = Array.from({ length: 20 * 60 }, (_, i) => [2 + Math.floor(i / 60), i % 60] as const)

describe("shared work", () => {
  it.live("goes on for the next caller, whenever the first one is interrupted", () =>
    Effect.gen(function* () {
      for (const [operations, turns] of moments) {
        const share = makeShared<string, never>()
        const first = yield* share("key", Effect.as(turn, "first")).pipe(
          Effect.provideService(MaxOpsBeforeYield, operations),
          Effect.forkChild
        )
        for (let i = 0; i < turns; i++) yield* turn
        yield* Fiber.interrupt(first)
        const next = yield* share("key", Effect.succeed("next")).pipe(Effect.timeoutOption("2 seconds"))
        assert.strictEqual(next._tag, "Some", `interrupted after ${turns} turns of ${operations}`)
      }
    })
  )
})
