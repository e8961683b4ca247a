import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { act } from "../acting.ts"

export const run = Effect.fn("Cli.hold")(function* (input: {
  readonly app: string
  readonly for: Option.Option<number>
  readonly reason: string
  readonly wait: number
}) {
  yield* act(input.app, { _tag: "Hold", reason: input.reason, forMs: Option.getOrNull(input.for) }, input.wait)
})
