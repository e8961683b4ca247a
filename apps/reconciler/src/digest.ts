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
import { hostName } from "./namedApp.ts"

const dayMs = 24 * 60 * 60_000
const waitMs = 5000

/** The event of the last digest; null: there was none. */
export const lastDigest = Effect.gen(function* () {
  const events = yield* (yield* EventStore).read(streamOf(hostName))
  const isDigest = (data: unknown) => Predicate.hasProperty(data, "subject") && data.subject === "digest"
  return events.findLast(({ data, type }) => type === "AlertRaised" && isDigest(data)) ?? null
})

/** @param now epoch milliseconds. */
export const recordDigest = Effect.fn("Digest.record")(function* (apps: ReadonlyArray<App>, host: App, now: number) {
  const engine = yield* Engine
  const before = yield* lastDigest
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
    const own = recent.filter(({ stream }) => stream === streamOf(app.name))
    const found: DigestOf = {
      app: app.name,
      events: yield* Effect.forEach(own, recordedOf),
      state: yield* engine.state(app)
    }
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
