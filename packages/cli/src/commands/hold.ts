import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { act } from "../acting.ts"
import { BadUsage } from "../errors.ts"
import { momentOf } from "../moment.ts"

export const run = Effect.fn("Cli.hold")(function* (input: {
  readonly app: string
  readonly for: Option.Option<number>
  readonly until: Option.Option<string>
  readonly reason: string
  readonly dryRun: boolean
  readonly wait: number
}) {
  const { app, reason, wait } = input
  const forMs = Option.getOrNull(input.for)
  if (Option.isNone(input.until)) return yield* act(app, { _tag: "Hold", reason, forMs }, wait, input.dryRun)
  if (forMs !== null)
    return yield* new BadUsage({ reason: "--for and --until are both given", next: "give one of them" })
  const until = momentOf(input.until.value)
  if (until === null || until <= (yield* Clock.currentTimeMillis)) {
    return yield* new BadUsage({
      reason: `--until ${input.until.value} is not a time to come`,
      next: "give a date or a time, such as 2026-12-24 or 2026-12-24T18:00, in the host's time zone, or with a Z in UTC"
    })
  }
  yield* act(app, { _tag: "Hold", reason, forMs: null, until }, wait, input.dryRun)
})
