import { decodeEnvelope } from "@lastgood/core/log/Codec"
import { type Envelope, EventStore } from "@lastgood/core/log/EventStore"
import { eachPage } from "@lastgood/core/log/eachPage"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { BadUsage } from "../errors.ts"
import { streamNamed } from "../history.ts"
import { isWanted, type LogFlags, type LogQuery, queryOf } from "../logQuery.ts"
import { Json } from "../options.ts"
import { instants, visibleJson } from "../render/format.ts"
import { storyText, type Told } from "../render/story.ts"
import { logLine } from "../render/timeline.ts"
import { print } from "../Screen.ts"
import { configuration, reading } from "../session.ts"
import { digestSince } from "./digest.ts"

const dayMs = 24 * 60 * 60_000

/** Of more attempts, each in full, nobody reads the stories. */
const mostStories = 20

/** JSON: one envelope per line, unchanged from the log. */
const lineOf = (json: boolean) => (envelope: Envelope) =>
  json
    ? Effect.succeed(visibleJson(JSON.stringify(envelope)))
    : Effect.map(decodeEnvelope(envelope), (event) => logLine(envelope, event))

/** Tells each attempt that the query means as a story. */
const tell = Effect.fnUntraced(function* (stream: string | null, query: LogQuery) {
  const attempts = new Map<string, Array<Told>>()
  yield* eachPage(stream, (page) =>
    Effect.gen(function* () {
      for (const envelope of page.filter((one) => isWanted(query, one))) {
        const one = { envelope, event: yield* decodeEnvelope(envelope) }
        const id = envelope.attempt ?? ""
        const known = attempts.get(id)
        if (known === undefined) attempts.set(id, [one])
        else known.push(one)
      }
      return attempts.size <= mostStories
    })
  )
  if (attempts.size > mostStories) {
    return yield* new BadUsage({
      reason: `more than ${mostStories} attempts have an id that begins or ends with ${query.attempt}`,
      next: "give more of the id: lastgood history <app> lists them"
    })
  }
  const stories = [...attempts.values()].map(storyText)
  yield* print(stories.length === 0 ? "the log has no such attempt" : stories.join("\n\n"))
})

export const run = Effect.fn("Cli.log")(function* (
  input: LogFlags & {
    readonly app: Option.Option<string>
    readonly digest: boolean
    readonly follow: boolean
    readonly limit: Option.Option<number>
  }
) {
  const config = yield* configuration
  const query = yield* queryOf(input)
  const json = yield* Json
  const now = yield* Clock.currentTimeMillis
  const line = lineOf(json)
  const limit = Option.getOrNull(input.limit)
  yield* Effect.gen(function* () {
    const stream = yield* streamNamed(config, input.app)
    const show = (events: ReadonlyArray<Envelope>) =>
      Effect.flatMap(Effect.forEach(events, line), (lines) => print(lines.join("\n")))
    const since = query.since ?? now - dayMs
    if (input.digest) return yield* Effect.flatMap(digestSince(stream, since, now), (text) => print(instants(text)))
    if (query.attempt !== null && !json && !input.follow) return yield* tell(stream, query)
    let head = 0
    let kept: ReadonlyArray<Envelope> = []
    yield* eachPage(stream, (page) => {
      head = page.at(-1)?.position ?? head
      const wanted = page.filter((envelope) => isWanted(query, envelope))
      if (limit === null) return Effect.as(show(wanted), true)
      if (limit > 0) kept = [...kept, ...wanted].slice(-limit)
      return Effect.succeed(true)
    })
    yield* show(kept)
    if (!input.follow) return
    yield* (yield* EventStore).tail(head).pipe(
      Stream.filter((envelope) => (stream === null || envelope.stream === stream) && isWanted(query, envelope)),
      Stream.runForEach((envelope) => show([envelope]))
    )
  }).pipe(Effect.provide(reading(config)))
})
