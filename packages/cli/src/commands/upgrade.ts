import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { act } from "../acting.ts"

export const run = Effect.fn("upgrade")(function* (input: {
  readonly app: string
  readonly to: Option.Option<string>
  readonly skipFetch: boolean
  readonly wait: number
}) {
  const to = Option.getOrNull(input.to)
  yield* act(input.app, { _tag: "Upgrade", to, trigger: "operator", fetch: !input.skipFetch }, input.wait)
})
