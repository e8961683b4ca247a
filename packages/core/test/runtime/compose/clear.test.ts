import { assert, it } from "@effect/vitest"
import { testApp } from "@lastgood/testing/testApp"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import { TestClock } from "effect/testing"
import { clear } from "../../../src/runtime/compose/deploy.ts"
import { RuntimeFailed } from "../../../src/runtime/Runtime.ts"
import { container } from "./container.ts"

const app = testApp({ runtime: "compose", stack: "shop" })

/** An engine with one container that the release does not have. `rm` removes it after so many calls. */
const engine = (status: string, removedAfter: number) => {
  const calls: Array<string> = []
  const old = container({ service: "old", status })
  return {
    calls,
    services: new Map([["web", 1]]),
    docker: {
      all: <A>(_: unknown, schema: Schema.Decoder<A>) => {
        const isThere = calls.filter((call) => call === "rm").length < removedAfter
        return Effect.orDie(Schema.decodeUnknownEffect(Schema.Array(schema))(isThere ? [old] : []))
      },
      run: ([, call = ""]: ReadonlyArray<string>) =>
        Effect.sync(() => {
          calls.push(call)
          return { code: 1, stdout: "", stderr: "device or resource busy" }
        }),
      redact: (text: string) => text,
      failed: (reason: string, next: string) => new RuntimeFailed({ app: "notes", operation: "deploy", reason, next })
    }
  }
}

it.effect("is tried again until a container that the release does not have is gone", () =>
  Effect.gen(function* () {
    const { calls, ...project } = engine("exited", 3)
    const clearing = yield* Effect.forkChild(clear(app, project, 10_000))
    yield* TestClock.adjust("1 second")
    yield* Fiber.join(clearing)
    assert.deepStrictEqual(calls, ["rm", "rm", "rm"])
  })
)

it.effect("fails at its deadline if the engine cannot remove an ended container", () =>
  Effect.gen(function* () {
    const { calls, ...project } = engine("dead", 1000)
    const clearing = yield* Effect.forkChild(Effect.flip(clear(app, project, 3000)))
    yield* TestClock.adjust("3 seconds")
    const error = yield* Fiber.join(clearing)
    assert.include(error.message, "do not end: shop-old-1")
    assert.strictEqual(calls.length, 11)
  })
)
