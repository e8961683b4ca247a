/** The output of the demo: chapters, typed commands, and results. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { DemoFailed } from "./DemoFailed.ts"

export const chapter = (title: string) => Console.log(`\n${title}`)
export const typed = (command: string) => Console.log(`  $ ${command}`)
export const note = (text: string) => Console.log(`    ${text.replaceAll(/\s+/g, " ")}`)

type Value = string | number | boolean | null | ReadonlyArray<Value> | { readonly [key: string]: Value }

/** Proves a claim: compares the observed value with the expected one. */
export const holds = Effect.fnUntraced(function* (claim: string, expected: Value, seen: Value) {
  const [wanted, found] = [JSON.stringify(expected), JSON.stringify(seen)]
  if (wanted === found) return yield* Console.log(`    ✓ ${claim}`)
  yield* Console.log(`    ✗ ${claim}`)
  return yield* new DemoFailed({
    claim,
    expected: wanted,
    seen: found,
    next: "run the demo again with --keep <folder>, then lastgood report there, and send the file that it writes"
  })
})
