import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { act } from "../acting.ts"

export const run = Effect.fn("Cli.restore")(function* (input: {
  readonly app: string
  readonly snapshot: Option.Option<string>
  readonly dryRun: boolean
  readonly wait: number
}) {
  yield* act(input.app, { _tag: "Restore", snapshot: Option.getOrNull(input.snapshot) }, input.wait, input.dryRun)
})
