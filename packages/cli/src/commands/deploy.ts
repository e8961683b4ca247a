import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { act } from "../acting.ts"

export const run = Effect.fn("Cli.deploy")(function* (input: {
  readonly app: string
  readonly to: Option.Option<string>
  readonly skipFetch: boolean
  readonly withoutData: boolean
  readonly dryRun: boolean
  readonly wait: number
}) {
  const { app, skipFetch, wait, withoutData } = input
  yield* act(
    app,
    { _tag: "Deploy", to: Option.getOrNull(input.to), fetch: !skipFetch, withoutData },
    wait,
    input.dryRun
  )
})
