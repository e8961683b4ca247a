/** Records the daily digest: what the log says about the time since the last one. */
import type { App } from "@lastgood/core/domain/App"
import { type DigestOf, digestText } from "@lastgood/core/domain/digest"
import { iso } from "@lastgood/core/domain/time"
import { Engine } from "@lastgood/core/engine/Engine"
import { recordedOf, streamOf } from "@lastgood/core/engine/Journal"
import { type Envelope, EventStore } from "@lastgood/core/log/EventStore"
import { eachPage } from "@lastgood/core/log/eachPage"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"

const dayMs = 24 * 60 * 60_000
const waitMs = 5000

/** Events that are read at a time: some days of a host whose sinks fail and recover. */
const pageEvents = 500

const isDigest = ({ data, type }: Envelope): boolean =>
  type === "AlertRaised" && Predicate.hasProperty(data, "subject") && data.subject === "digest"

/** The event of the last digest; null: there was none. Reads from the end, because the log of a host grows for years. */
export const lastDigest = Effect.fn("Digest.last")(function* (host: App) {
  const store = yield* EventStore
  const stream = streamOf(host.name)
  const length = yield* Effect.map((yield* Engine).state(host), ({ version }) => version).pipe(
    // Only the state tells how long it is, so all of it is read.
    Effect.catchTag("EventUndecodable", () => Effect.succeed(null))
  )
  if (length === null) return (yield* store.read(stream)).findLast(isDigest) ?? null
  for (let end = length; end > 0; end -= pageEvents) {
    const start = Math.max(0, end - pageEvents)
    const found = (yield* store.read(stream, start, end - start)).findLast(isDigest)
    if (found !== undefined) return found
  }
  return null
})

/** @param now epoch milliseconds. */
export const recordDigest = Effect.fn("Digest.record")(function* (apps: ReadonlyArray<App>, host: App, now: number) {
  const engine = yield* Engine
  const before = yield* lastDigest(host)
  const since = before?.at ?? iso(now - dayMs)
  const recent: Array<Envelope> = []
  // Without an earlier digest this is the whole log, of which only a day is kept.
  yield* eachPage(
    null,
    (page) =>
      Effect.as(
        Effect.sync(() => recent.push(...page.filter(({ at }) => at >= since))),
        true
      ),
    before?.position
  )
  const of = Effect.fnUntraced(function* (app: App) {
    const state = yield* engine.state(app)
    // Another app may have taken a former name.
    const former = (state.formerNames ?? []).filter((name) => !apps.some((other) => other.name === name))
    const streams = [app.name, ...former].map(streamOf)
    const own = recent.filter(({ stream }) => streams.includes(stream))
    const found: DigestOf = { app: app.name, events: yield* Effect.forEach(own, recordedOf), state }
    return found
  })
  // An app whose log cannot be read has an error of its own, and must not keep the digest back.
  const readable = (app: App) =>
    of(app).pipe(
      Effect.map((found): ReadonlyArray<DigestOf> => [found]),
      Effect.catchTag("EventUndecodable", () => Effect.succeed([]))
    )
  const text = digestText(since, (yield* Effect.forEach([...apps, host], readable)).flat(), now)
  yield* engine.note(host, { _tag: "Digest", text }, null, waitMs)
})
