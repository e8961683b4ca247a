import type { Recorded } from "@lastgood/core/domain/evolve"
import { recordedOf } from "@lastgood/core/engine/Journal"
import { eachPage } from "@lastgood/core/log/eachPage"
import { attemptsAfter, type ShownAttempt } from "@lastgood/reconciler/reading/attempts"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { streamNamed } from "../history.ts"
import { Json } from "../options.ts"
import { historyText } from "../render/history.ts"
import { print, printJson } from "../Screen.ts"
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
  let attempts: ReadonlyArray<ShownAttempt> = []
  let begun = 0
  const add = (recorded: Recorded) => {
    const next = attemptsAfter(attempts, recorded, most)
    if (next.at(-1)?.id !== attempts.at(-1)?.id) begun += 1
    attempts = next
  }
  yield* Effect.flatMap(streamNamed(config, Option.some(input.app)), (stream) =>
    eachPage(stream, (page) =>
      Effect.as(
        Effect.forEach(page, (envelope) => Effect.map(recordedOf(envelope), add), { discard: true }),
        true
      )
    )
  ).pipe(Effect.provide(reading(config)))
  if (yield* Json) return yield* printJson({ format: 1, app: input.app, begun, attempts })
  yield* print(historyText(attempts, begun))
})
