import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { act } from "../acting.ts"

export const run = Effect.fn("deploy")(function* (input: {
  readonly app: string
  readonly to: Option.Option<string>
  readonly skipFetch: boolean
  readonly wait: number
}) {
  yield* act(input.app, { _tag: "Deploy", to: Option.getOrNull(input.to), fetch: !input.skipFetch }, input.wait)
})
