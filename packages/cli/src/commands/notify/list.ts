import { Journal } from "@lastgood/core/engine/Journal"
import { remoteSinks } from "@lastgood/core/notify/AlertSinksLive"
import { hostName } from "@lastgood/reconciler/namedApp"
import * as Effect from "effect/Effect"
import { Json } from "../../options.ts"
import { oneLine, time } from "../../render/format.ts"
import { print, printJson } from "../../Screen.ts"
import { configuration, reading } from "../../session.ts"

/** The configured sinks, and which of them fail, from the log alone. */
export const run = Effect.fn("Cli.notify")(function* () {
  const config = yield* configuration
  const { failing } = yield* Journal.use((journal) => journal.load(hostName)).pipe(Effect.provide(reading(config)))
  const sinks = remoteSinks(config.notify).map(({ level, name }) => {
    const found = failing.find(({ sink }) => sink === name)
    const trouble = found === undefined ? null : { since: found.since, why: found.why, retryAt: found.retryAt }
    return { sink: name, level, failing: trouble }
  })
  if (yield* Json) return yield* printJson({ format: 1, sinks })
  const lines = sinks.map(({ failing: trouble, level, sink }) =>
    oneLine(
      trouble === null
        ? `${sink}  ${level}`
        : `${sink}  ${level}  failing since ${time(trouble.since)}, next try ${time(trouble.retryAt)}: ${trouble.why}`
    )
  )
  yield* print(lines.length === 0 ? `there are no sinks in ${config.file}` : lines.join("\n"))
})
