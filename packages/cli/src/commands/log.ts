import { iso } from "@lastgood/core/domain/time"
import { decodeEnvelope } from "@lastgood/core/log/Codec"
import { type Envelope, EventStore } from "@lastgood/core/log/EventStore"
import { eachPage } from "@lastgood/core/log/eachPage"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { digestSince } from "../digestSince.ts"
import { BadUsage } from "../errors.ts"
import { beforeLast, streamNamed } from "../history.ts"
import { isWanted, type LogFlags, queryOf } from "../logQuery.ts"
import { Json } from "../options.ts"
import { instants, visibleJson } from "../render/format.ts"
import { logLine } from "../render/timeline.ts"
import { print, printJson } from "../Screen.ts"
import { configuration, reading } from "../session.ts"
import { tellAttempts } from "../tellAttempts.ts"

type Input = LogFlags & {
  readonly app: Option.Option<string>
  readonly digest: boolean
  readonly follow: boolean
  readonly limit: Option.Option<number>
}

const dayMs = 24 * 60 * 60_000

/** JSON: one envelope per line, unchanged from the log. */
const lineOf = (json: boolean) => (envelope: Envelope) =>
  json
    ? Effect.succeed(visibleJson(JSON.stringify(envelope)))
    : Effect.map(decodeEnvelope(envelope), (event) => logLine(envelope, event))

/** The flags that a digest has no use for: they would promise what it does not do. */
const beside = ({ attempt, follow, limit, type, until }: Input): ReadonlyArray<string> => [
  ...(Option.isSome(until) ? ["--until"] : []),
  ...(type.length > 0 ? ["--type"] : []),
  ...(Option.isSome(attempt) ? ["--attempt"] : []),
  ...(Option.isSome(limit) ? ["--limit"] : []),
  ...(follow ? ["--follow"] : [])
]

export const run = Effect.fn("Cli.log")(function* (input: Input) {
  const [given] = input.digest ? beside(input) : []
  if (given !== undefined) {
    return yield* new BadUsage({ reason: `--digest and ${given} are both given`, next: "give one of them" })
  }
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
    if (input.digest) {
      const since = query.since ?? now - dayMs
      const text = yield* digestSince(stream, since, now)
      return yield* json ? printJson({ format: 1, since: iso(since), text }) : print(instants(text))
    }
    if (query.attempt !== null && limit === null && !json && !input.follow) return yield* tellAttempts(stream, query)
    const isAll = query.attempt === null && query.types === null && query.since === null && query.until === null
    let head = 0
    let kept: ReadonlyArray<Envelope> = []
    yield* eachPage(
      stream,
      (page) => {
        head = page.at(-1)?.position ?? head
        const wanted = page.filter((envelope) => isWanted(query, envelope))
        if (limit === null) return Effect.as(show(wanted), true)
        if (limit > 0) kept = [...kept, ...wanted].slice(-limit)
        return Effect.succeed(true)
      },
      // `--follow` goes on after the last event, also if it is not shown.
      isAll && limit !== null ? yield* beforeLast(stream, Math.max(1, limit)) : 0
    )
    yield* show(kept)
    if (!input.follow) return
    yield* (yield* EventStore).tail(head).pipe(
      Stream.filter((envelope) => (stream === null || envelope.stream === stream) && isWanted(query, envelope)),
      Stream.runForEach((envelope) => show([envelope]))
    )
  }).pipe(Effect.provide(reading(config)))
})
