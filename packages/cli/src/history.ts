/** Reads the events of one app, or of all apps, from the log alone. */
import type { Config } from "@lastgood/core/config/Config"
import { streamOf } from "@lastgood/core/engine/Journal"
import { type Envelope, EventStore } from "@lastgood/core/log/EventStore"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { UnknownApp } from "./errors.ts"

const appOf = (stream: string): string => stream.replace(/^app\//, "")

/**
 * @param name an app of the configuration, or one that only the log still knows.
 * @returns the events in the order of the log, and the position to continue from.
 */
export const historyOf = Effect.fn("Cli.historyOf")(function* (config: Config, name: Option.Option<string>) {
  const store = yield* EventStore
  if (Option.isNone(name)) {
    const events = yield* store.readAll()
    return { events, head: events.at(-1)?.position ?? 0 }
  }
  const app = name.value
  const known = [...new Set([...config.apps.map((a) => a.name), ...(yield* store.streams).map(appOf)])]
  if (!known.includes(app)) return yield* new UnknownApp({ app, known, file: config.file })
  const events = yield* store.read(streamOf(app))
  return { events, head: events.at(-1)?.position ?? 0 }
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
