/** The log over HTTP: a page of events, or a stream of them as they are recorded. */
import { streamOf } from "@lastgood/core/engine/Journal"
import { type Envelope, EventStore, type StoreUnavailable } from "@lastgood/core/log/EventStore"
import * as EventStoreSqlite from "@lastgood/core/log/EventStoreSqlite"
import { logFile } from "@lastgood/core/log/logFile"
import * as Effect from "effect/Effect"
import type { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { BadRequest, type NotFound, Unavailable, Unprocessable } from "./api/problems.ts"
import { LogEvent } from "./api/shapes.ts"
import { orUnavailable } from "./asProblem.ts"
import { makeTail } from "./Tail.ts"

/** The most streams at the same time. */
const mostStreams = 32

const defaultPage = 100

/** A comment, so that proxies keep a silent stream and a dead client is noticed. */
const heartbeat = "15 seconds"

const asEvent = Schema.decodeUnknownSync(LogEvent)

/** The event's id is its position, so that a client resumes after the last one that it got. */
const sseOf = (envelope: Envelope): string => `id: ${envelope.position}\ndata: ${JSON.stringify(envelope)}\n\n`

interface Asked {
  readonly query: { readonly app?: string; readonly after?: number; readonly limit?: number }
  readonly headers: { readonly "last-event-id"?: string }
  readonly request: HttpServerRequest
}

/** A browser that reconnects sends the id of the last event in place of the first position. */
const afterOf = Effect.fnUntraced(function* ({ headers, query }: Asked) {
  const last = headers["last-event-id"]
  if (last === undefined || last === "") return query.after ?? 0
  if (/^\d{1,15}$/.test(last)) return Number(last)
  return yield* new BadRequest({ detail: "Last-Event-ID is not a position of the log" })
})

/** @param known fails for an app that neither the configuration nor the log names. */
export const makeLog = Effect.fnUntraced(function* (
  root: string,
  known: (name: string | undefined) => Effect.Effect<unknown, NotFound | StoreUnavailable, EventStore>
) {
  const tail = yield* makeTail(root)
  const store = EventStoreSqlite.layerReadOnly({ path: logFile(root) })
  let streams = 0

  /** Counted until the response has ended, however it ended. */
  const oneStream = Effect.acquireRelease(
    Effect.suspend(() => {
      streams += 1
      return Effect.void
    }),
    () =>
      Effect.sync(() => {
        streams -= 1
      })
  )

  const live = (after: number, app: string | undefined) => {
    const events = tail(after).pipe(
      Stream.filter(({ stream }) => app === undefined || stream === streamOf(app)),
      Stream.map(sseOf)
    )
    const beats = Stream.fromSchedule(Schedule.spaced(heartbeat)).pipe(Stream.map(() => ":\n\n"))
    return Stream.make("retry: 2000\n\n").pipe(
      Stream.concat(Stream.merge(events, beats, { haltStrategy: "left" })),
      Stream.encodeText
    )
  }

  const streamed = Effect.fnUntraced(function* (asked: Asked) {
    const { app } = asked.query
    const after = yield* afterOf(asked)
    const { position } = yield* (yield* EventStore).head
    yield* known(app)
    if (after > position) {
      return yield* new Unprocessable({
        detail: `the log ends at position ${position}, before ${after}: it is another log`,
        next: "start again without a position"
      })
    }
    if (streams >= mostStreams) {
      const detail = `${mostStreams} streams are open, which is the most`
      return yield* new Unavailable({ detail, next: "close another one, then try again" })
    }
    yield* oneStream
    return HttpServerResponse.stream(live(after, app), {
      contentType: "text/event-stream",
      headers: { "x-accel-buffering": "no" }
    })
  })

  const paged = Effect.fnUntraced(function* (asked: Asked) {
    const { app, limit = defaultPage } = asked.query
    const after = yield* afterOf(asked)
    const log = yield* EventStore
    yield* known(app)
    const { position: head } = yield* log.head
    const found = yield* log.readAll({ after, limit })
    return {
      format: 1 as const,
      events: found.filter(({ stream }) => app === undefined || stream === streamOf(app)).map((one) => asEvent(one)),
      next: found.at(-1)?.position ?? after,
      head
    }
  })

  const log = (asked: Asked) => {
    const wantsStream = (asked.request.headers["accept"] ?? "").includes("text/event-stream")
    return Effect.gen(function* () {
      return wantsStream ? yield* streamed(asked) : yield* paged(asked)
    }).pipe(Effect.provide(Layer.fresh(store)), orUnavailable)
  }
  return log
})
