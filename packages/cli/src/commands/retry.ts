import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { act } from "../acting.ts"

export const run = Effect.fn("Cli.retry")(function* (input: {
  readonly app: string
  readonly version: Option.Option<string>
  readonly dryRun: boolean
  readonly wait: number
}) {
  yield* act(input.app, { _tag: "Retry", version: Option.getOrNull(input.version) }, input.wait, input.dryRun)
})
