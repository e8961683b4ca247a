import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { act } from "../acting.ts"
import { BadUsage } from "../errors.ts"

export const run = Effect.fn("Cli.promote")(function* (input: {
  readonly app: string
  readonly version: Option.Option<string>
  readonly snapshot: boolean
  readonly atTeardown: boolean
  readonly withoutData: boolean
  readonly dryRun: boolean
  readonly wait: number
}) {
  const version = Option.getOrNull(input.version)
  const { app, atTeardown: teardown, snapshot: capture, wait, withoutData } = input
  if (teardown && !capture) {
    const next = "remove --no-snapshot, or remove --at-teardown"
    return yield* new BadUsage({ reason: "--at-teardown takes a snapshot, so it excludes --no-snapshot", next })
  }
  yield* act(app, { _tag: "Promote", version, capture, teardown, withoutData }, wait, input.dryRun)
})
