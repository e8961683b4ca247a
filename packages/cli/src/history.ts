/** Reads the events of one app, or of all apps, from the log alone. */
import type { Config } from "@lastgood/core/config/Config"
import type { App } from "@lastgood/core/domain/App"
import { isUnknown } from "@lastgood/core/domain/Event"
import type { Recorded } from "@lastgood/core/domain/evolve"
import { appOf, Journal, recordedResult, streamOf } from "@lastgood/core/engine/Journal"
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

/** Where the last `count` events begin, so that a long log is not read from its beginning. */
export const beforeLast = Effect.fnUntraced(function* (stream: string | null, count: number) {
  const length =
    stream === null
      ? Effect.map((yield* EventStore).head, ({ position }) => position)
      : Effect.map((yield* Journal).load(appOf(stream)), ({ version }) => version)
  return Math.max(0, (yield* Effect.catchTag(length, "EventUndecodable", () => Effect.succeed(0))) - count)
})

/** In the order in which the log first names them. */
export const appsInLog = Effect.gen(function* () {
  const store = yield* EventStore
  const first = yield* Effect.forEach(yield* store.streams, (stream) => store.read(stream, 0, 1))
  return first
    .flat()
    .toSorted((a, b) => a.position - b.position)
    .map(({ stream }) => appOf(stream))
})

/** The ids of the snapshots, and of the attempts whose set-aside data, that the log says were removed. */
export const prunedBefore = Effect.fn("Cli.prunedBefore")(function* (app: App) {
  const snapshots = new Set<string>()
  const asides = new Set<string>()
  yield* eachRecorded(streamOf(app.name), ({ event }) => {
    if (isUnknown(event)) return
    if (event.type === "SnapshotPruned") snapshots.add(event.data.snapshot)
    if (event.type === "AsidePruned") asides.add(event.data.attempt)
  })
  return { snapshots, asides }
})
