import * as Effect from "effect/Effect"
import { act } from "../acting.ts"

export const run = Effect.fn("Cli.stop")(function* (input: {
  readonly app: string
  readonly dryRun: boolean
  readonly wait: number
}) {
  yield* act(input.app, { _tag: "Stop" }, input.wait, input.dryRun)
})
