/** The values that a shell offers for an argument or a flag, from the configuration, the log and the recipe on this host. */
import { eventTypes } from "@lastgood/core/domain/Event"
import { hostName } from "@lastgood/core/domain/hostName"
import type { AppState } from "@lastgood/core/domain/State"
import { Journal, streamOf } from "@lastgood/core/engine/Journal"
import { lookingFor } from "@lastgood/core/engine/looking"
import type { Envelope } from "@lastgood/core/log/EventStore"
import { eachPage } from "@lastgood/core/log/eachPage"
import { remoteSinks } from "@lastgood/core/notify/AlertSinksLive"
import { VersionSource } from "@lastgood/core/version/VersionSource"
import * as VersionsLive from "@lastgood/core/version/VersionsLive"
import { shownAlerts } from "@lastgood/reconciler/reading/alerts"
import * as Effect from "effect/Effect"
import { appsInLog, beforeLast } from "../history.ts"
import { time } from "../render/format.ts"
import { appNamed, configuration, reading } from "../session.ts"
import type { Offer } from "./asked.ts"

/** The shell completes names of files. */
export const files = "files"

export type Values = ReadonlyArray<Offer> | typeof files

const pathNames: ReadonlySet<string> = new Set(["config", "dir", "file", "keep", "out", "output", "project", "root"])

const apps = Effect.map(configuration, (config) =>
  config.apps.map(({ name, runtime }): Offer => ({ value: name, what: runtime }))
)

/** Apps that only the log still knows. */
const formerApps = Effect.flatMap(configuration, (config) =>
  appsInLog.pipe(
    Effect.map((names) =>
      names
        .filter((name) => name !== hostName && !config.apps.some((app) => app.name === name))
        .map((name): Offer => ({ value: name, what: "" }))
    ),
    Effect.provide(reading(config))
  )
)

const stateOf = (app: string) =>
  Effect.flatMap(configuration, (config) =>
    Journal.use((journal) => journal.load(app)).pipe(Effect.provide(reading(config)))
  )

const roleOf = (state: AppState, version: string): string => {
  if (state.running?.version === version) return "running"
  if (state.quarantined.some((one) => one.version === version)) return "quarantined"
  return state.lastGood?.version === version ? "last good" : ""
}

/** Newest first. Neither the recipe's remote nor a registry is asked. */
const versions = Effect.fnUntraced(function* (name: string) {
  const config = yield* configuration
  const app = yield* appNamed(config, name)
  const state = yield* stateOf(name)
  const offers = yield* (yield* VersionSource).list(app, lookingFor(app, {}, state, false))
  return offers.map(({ version }): Offer => ({ value: version, what: roleOf(state, version) })).toReversed()
}, Effect.provide(VersionsLive.layer))

const snapshots = (app: string) =>
  Effect.map(stateOf(app), (state) =>
    state.snapshots.map(({ at, id, version }): Offer => ({ value: id, what: `${version}, ${time(at)}` })).toReversed()
  )

/** Enough for some hundred attempts: a shell waits for the answer, and a log may have a million events. */
const mostEvents = 5000

const attempts = (app: string | null) =>
  Effect.flatMap(configuration, (config) =>
    Effect.gen(function* () {
      const stream = app === null ? null : streamOf(app)
      const began = new Map<string, string>()
      const note = (events: ReadonlyArray<Envelope>) => {
        for (const { at, attempt } of events) {
          if (attempt !== null && !began.has(attempt)) began.set(attempt, at)
        }
        return Effect.succeed(true)
      }
      yield* eachPage(stream, note, yield* beforeLast(stream, mostEvents))
      return [...began].map(([id, at]): Offer => ({ value: id.slice(-8), what: time(at) })).toReversed()
    }).pipe(Effect.provide(reading(config)))
  )

/** Those that set data aside which is still kept. */
const asides = (app: string) =>
  Effect.map(stateOf(app), ({ aside }) =>
    aside.map(({ at, attempt }): Offer => ({ value: attempt.slice(-8), what: time(at) })).toReversed()
  )

const alerts = (app: string) =>
  Effect.flatMap(configuration, (config) =>
    shownAlerts(app, false).pipe(
      Effect.map((open) => open.map(({ id, why }): Offer => ({ value: id, what: why }))),
      Effect.provide(reading(config))
    )
  )

const sinks = Effect.map(configuration, ({ notify }) =>
  remoteSinks(notify).map(({ level, name }): Offer => ({ value: name, what: level }))
)

const none: Values = []

/**
 * @param command as it is typed, such as `aside rm`.
 * @param name of the argument or flag.
 * @param app that the command line names; null: none.
 */
export const valuesOf = (command: string, name: string, app: string | null) =>
  Effect.gen(function* () {
    if (pathNames.has(name)) return files
    if (name === "app") return yield* apps
    if (name === "former-app") return yield* formerApps
    if (name === "sink") return yield* sinks
    if (name === "type") return eventTypes.map((type): Offer => ({ value: type, what: "" }))
    if (command === "aside rm" && name === "attempt") return app === null ? none : yield* asides(app)
    if (name === "attempt") return yield* attempts(app)
    if (app === null) return none
    if (name === "snapshot") return yield* snapshots(app)
    if (name === "alert") return yield* alerts(app)
    return ["ref", "to", "version"].includes(name) ? yield* versions(app) : none
  })
