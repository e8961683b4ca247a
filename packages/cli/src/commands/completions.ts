import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { type Shell, scripts } from "../completion/scripts.ts"

export const run = Effect.fn("Cli.completions")(function* (input: { readonly shell: Shell }) {
  yield* Console.log(scripts[input.shell].trimEnd())
})
