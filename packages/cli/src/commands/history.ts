import { attemptsAfter, noAttempts } from "@lastgood/reconciler/reading/attempts"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { eachRecorded, streamNamed } from "../history.ts"
import { Json } from "../options.ts"
import { historyText } from "../render/history.ts"
import { Columns, print, printJson } from "../Screen.ts"
import { configuration, reading } from "../session.ts"

/** Beyond this, `log` has the rest. */
const byDefault = 30

/** The attempts of an app, oldest first, from the log alone. */
export const run = Effect.fn("Cli.history")(function* (input: {
  readonly app: string
  readonly limit: Option.Option<number>
}) {
  const config = yield* configuration
  const most = Option.getOrElse(input.limit, () => byDefault)
  let attempts = noAttempts
  yield* Effect.gen(function* () {
    yield* eachRecorded(yield* streamNamed(config, Option.some(input.app)), (recorded) => {
      attempts = attemptsAfter(attempts, recorded, most)
    })
  }).pipe(Effect.provide(reading(config)))
  const { begun, newest } = attempts
  if (yield* Json) return yield* printJson({ format: 1, app: input.app, begun, attempts: newest })
  yield* print(historyText(newest, begun, yield* Columns))
})
