import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { act } from "../../acting.ts"
import { BadUsage } from "../../errors.ts"

export const run = Effect.fn("alerts.ack")(function* (input: {
  readonly app: string
  readonly alert: Option.Option<string>
  readonly all: boolean
  readonly wait: number
}) {
  if (input.all && Option.isSome(input.alert)) {
    return yield* new BadUsage({
      reason: `both an alert (${input.alert.value}) and --all are given`,
      next: "give one of the two"
    })
  }
  const alert = input.all ? null : Option.getOrElse(input.alert, () => "")
  yield* act(input.app, { _tag: "Acknowledge", alert }, input.wait)
})
