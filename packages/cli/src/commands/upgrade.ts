import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { act } from "../acting.ts"

export const run = Effect.fn("Cli.upgrade")(function* (input: {
  readonly app: string
  readonly to: Option.Option<string>
  readonly skipFetch: boolean
  readonly dryRun: boolean
  readonly wait: number
  readonly acceptNotes: boolean
}) {
  const { acceptNotes, skipFetch } = input
  const to = Option.getOrNull(input.to)
  yield* act(
    input.app,
    { _tag: "Upgrade", to, trigger: "operator", fetch: !skipFetch, acceptNotes },
    input.wait,
    input.dryRun
  )
})
