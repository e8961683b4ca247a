import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import type { PassResult } from "../src/pass.ts"
import { makeTeller } from "../src/teller.ts"

const result = (outcome: PassResult["outcome"], why = ""): PassResult => ({
  ...{ app: "web", outcome, why, next: "", trouble: null }
})
const limited = (until: string) => result("error", `it limits how often it may be asked (status 429), until ${until}`)

/** What is logged for these results, in order. */
const everything = (...results: ReadonlyArray<PassResult>) =>
  Effect.gen(function* () {
    const lines: Array<string> = []
    const logger = Logger.make(({ logLevel, message }) => void lines.push(`${logLevel} ${String(message)}`))
    const tell = makeTeller()
    yield* Effect.forEach(results, tell).pipe(Effect.provide(Logger.layer([logger])))
    return lines.filter((line) => !line.startsWith("Debug"))
  })
const told = (...results: ReadonlyArray<PassResult>) =>
  Effect.map(everything(...results), (lines) => lines.filter((line) => line.startsWith("Error")))

describe("the results of passes", () => {
  it.effect("say once that a registry limits requests, whatever time it names after each pause", () =>
    Effect.gen(function* () {
      const first = limited("2026-11-30T01:00:00.123Z")
      const second = limited("2026-11-30T01:15:00.456Z")
      assert.lengthOf(yield* told(first, second), 1)
      assert.lengthOf(yield* told(first, result("nothing"), second), 2)
      assert.lengthOf(yield* told(first, result("error", "it does not answer"), second), 3)
    })
  )

  it.effect("say a refusal once, until it is another one or over, and say nothing of a pass that found nothing", () =>
    Effect.gen(function* () {
      const young = result("refused", "age: 1.1.0 is younger than 2d: 3 h old")
      const older = result("refused", "age: 1.1.0 is younger than 2d: 9 h old")
      const held = result("refused", "held: enough for tonight")
      assert.lengthOf(yield* everything(young, older, older, result("nothing")), 1)
      assert.lengthOf(yield* everything(young, held, held, older), 3)
      assert.lengthOf(yield* everything(young, result("nothing"), older), 2)
    })
  )
})
