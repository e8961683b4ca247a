import { assert, describe, it } from "@effect/vitest"
import { about } from "@lastgood/core/engine/about"
import * as Effect from "effect/Effect"
import { logger } from "../src/logger.ts"
import { makeScreen } from "../src/Screen.ts"

const linesOf = (daemon: boolean) =>
  Effect.gen(function* () {
    const written: Array<string> = []
    const screen = makeScreen({ write: (text) => written.push(text), columns: () => null }, false)
    const work = Effect.logWarning("the file was not written").pipe(about({ app: "wiki", attempt: "a1", step: "tidy" }))
    yield* Effect.andThen(work, Effect.logInfo("2 apps")).pipe(Effect.provide(logger(screen, daemon)))
    return written
  })

describe("a line of the log", () => {
  it.effect("names its app if a daemon works on several", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* linesOf(true), [
        "1970-01-01T00:00:00.000Z warning: wiki: the file was not written\n",
        "1970-01-01T00:00:00.000Z info: 2 apps\n"
      ])
    })
  )

  it.effect("is only the message for a command on one app", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* linesOf(false), ["warning: the file was not written\n", "2 apps\n"])
    })
  )

  it.effect("ends with the message of its cause", () =>
    Effect.gen(function* () {
      const written: Array<string> = []
      const screen = makeScreen({ write: (text) => written.push(text), columns: () => null }, false)
      const failing = Effect.fail(new Error("the log cannot be read")).pipe(
        Effect.catchCause((cause) => Effect.logWarning("the alerts were not delivered", cause))
      )
      yield* Effect.provide(failing, logger(screen, true))
      assert.deepStrictEqual(written, [
        "1970-01-01T00:00:00.000Z warning: the alerts were not delivered: the log cannot be read\n"
      ])
    })
  )
})
