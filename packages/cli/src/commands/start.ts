import * as Effect from "effect/Effect"
import { act } from "../acting.ts"

export const run = Effect.fn("Cli.start")(function* (input: {
  readonly app: string
  readonly dryRun: boolean
  readonly wait: number
}) {
  yield* act(input.app, { _tag: "Start" }, input.wait, input.dryRun)
})
