/** Reads the log, or one stream of it, page by page, so that memory does not grow with the log. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { type Envelope, EventStore } from "./EventStore.ts"

/** Larger pages outlive the young generation of the heap, which then grows to hundreds of megabytes. */
const pageSize = 100

/** A part of a stream. `before`: it ends before this version; null: it goes to the end of the stream. */
interface Segment {
  readonly stream: string
  readonly before: number | null
}

const continuation = Schema.decodeUnknownOption(Schema.Struct({ from: Schema.String, version: Schema.Int }))

/** Of a host whose apps have other names again and again. Also ends a walk in a log that leads back to itself. */
const mostNames = 1000

/** The events of an app that was renamed begin in the stream of its first name. */
const segmentsOf = Effect.fnUntraced(function* (stream: string) {
  const store = yield* EventStore
  const segments: Array<Segment> = [{ stream, before: null }]
  for (let at = stream; segments.length < mostNames; ) {
    const [first] = yield* store.read(at, 0, 1)
    const link = first?.type === "AppContinued" ? Option.getOrNull(continuation(first.data)) : null
    if (link === null) break
    at = `app/${link.from}`
    segments.unshift({ stream: at, before: link.version })
  }
  return segments
})

/**
 * @param stream null: the whole log. A stream that is read from its beginning begins with the events of the app's former
 * names.
 * @param use is given each page in order; false: no more pages.
 * @param after only events after this position of the log, or version of the stream.
 */
export const eachPage = <E, R>(
  stream: string | null,
  use: (page: ReadonlyArray<Envelope>) => Effect.Effect<boolean, E, R>,
  after = 0
) =>
  Effect.gen(function* () {
    const segments = stream === null || after > 0 ? [{ stream, before: null }] : yield* segmentsOf(stream)
    for (const segment of segments) {
      if (!(yield* eachPageOf(segment.stream, use, after, segment.before))) return
    }
  })

/** @returns false: `use` wants no more pages. */
const eachPageOf = <E, R>(
  stream: string | null,
  use: (page: ReadonlyArray<Envelope>) => Effect.Effect<boolean, E, R>,
  after: number,
  before: number | null
) =>
  Effect.gen(function* () {
    const store = yield* EventStore
    let from = after
    while (true) {
      const size = before === null ? pageSize : Math.min(pageSize, before - 1 - from)
      if (size <= 0) return true
      const page: ReadonlyArray<Envelope> =
        stream === null ? yield* store.readAll({ after: from, limit: size }) : yield* store.read(stream, from, size)
      const last = page.at(-1)
      if (last === undefined) return true
      if (!(yield* use(page))) return false
      if (page.length < size) return true
      from = stream === null ? last.position : last.version
      // A long log must not keep the daemon from its work.
      yield* Effect.yieldNow
    }
  })
