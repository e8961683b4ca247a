/** Reads the events of one app, or of all apps, from the log alone. */
import type { Config } from "@lastgood/core/config/Config"
import type { Recorded } from "@lastgood/core/domain/evolve"
import { appOf, recordedResult, streamOf } from "@lastgood/core/engine/Journal"
import { type Envelope, EventStore } from "@lastgood/core/log/EventStore"
import { eachPage } from "@lastgood/core/log/eachPage"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { UnknownApp } from "./errors.ts"

/**
 * @param name an app of the configuration, or one that only the log still knows.
 * @returns its stream; null: no app is named, so the whole log.
 */
export const streamNamed = Effect.fn("Cli.streamNamed")(function* (config: Config, name: Option.Option<string>) {
  if (Option.isNone(name)) return null
  const app = name.value
  const known = new Set([...config.apps.map((a) => a.name), ...(yield* (yield* EventStore).streams).map(appOf)])
  if (!known.has(app)) return yield* new UnknownApp({ app, known: [...known], file: config.file })
  return streamOf(app)
})

/** Hands the events of the stream, or of the whole log, to `use`, in order. */
export const eachRecorded = (stream: string | null, use: (recorded: Recorded, envelope: Envelope) => void) =>
  eachPage(stream, (page) => {
    for (const envelope of page) {
      const recorded = recordedResult(envelope)
      if (Result.isFailure(recorded)) return Effect.fail(recorded.failure)
      use(recorded.success, envelope)
    }
    return Effect.succeed(true)
  })

/** All events of the app, or of the whole log, in order. */
export const historyOf = Effect.fn("Cli.historyOf")(function* (config: Config, name: Option.Option<string>) {
  const events: Array<Envelope> = []
  yield* eachPage(yield* streamNamed(config, name), (page) =>
    Effect.sync(() => {
      events.push(...page)
      return true
    })
  )
  return events
})

/** Events by app, in the order in which the log first names the apps. */
export const byApp = (events: ReadonlyArray<Envelope>): ReadonlyMap<string, ReadonlyArray<Envelope>> => {
  const apps = new Map<string, Array<Envelope>>()
  for (const event of events) {
    const app = appOf(event.stream)
    const own = apps.get(app)
    if (own === undefined) apps.set(app, [event])
    else own.push(event)
  }
  return apps
}
