import * as Effect from "effect/Effect"
import { act } from "../acting.ts"

export const run = Effect.fn("Cli.approve")(function* (input: {
  readonly app: string
  readonly version: string
  readonly withdraw: boolean
  readonly skipFetch: boolean
  readonly dryRun: boolean
  readonly wait: number
}) {
  const { app, skipFetch, version, wait, withdraw } = input
  yield* act(
    app,
    withdraw ? { _tag: "Withdraw", version } : { _tag: "Approve", version, fetch: !skipFetch },
    wait,
    input.dryRun
  )
})
