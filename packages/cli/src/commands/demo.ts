import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { demo } from "../demo/demo.ts"

export const run = Effect.fn("Cli.demo")(function* (input: { readonly keep: Option.Option<string> }) {
  yield* demo({ keep: Option.getOrNull(input.keep) })
})
