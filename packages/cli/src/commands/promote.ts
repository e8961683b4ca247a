import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { act } from "../acting.ts"

export const run = Effect.fn("promote")(function* (input: {
  readonly app: string
  readonly version: Option.Option<string>
  readonly snapshot: boolean
  readonly wait: number
}) {
  const version = Option.getOrNull(input.version)
  yield* act(input.app, { _tag: "Promote", version, capture: input.snapshot }, input.wait)
})
