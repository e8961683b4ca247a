/** Reads the log, or one stream of it, page by page, so that memory does not grow with the log. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { type Envelope, EventStore, type Foldable, type StoreUnavailable } from "./EventStore.ts"

/** Larger pages outlive the young generation of the heap, which then grows to hundreds of megabytes. */
const pageSize = 100

const continuation = Schema.decodeUnknownOption(Schema.Struct({ from: Schema.String, version: Schema.Int }))

/** More names than an app gets. Also ends a walk in a log that leads back to itself. */
const mostNames = 1000

type Use<E, R> = (page: ReadonlyArray<Envelope>) => Effect.Effect<boolean, E, R>

/** @param before only events before this version of the stream; null: all. @returns false: `use` wants no more pages. */
const eachPageOf = <E, R>(
  stream: string | null,
  use: Use<E, R>,
  after: number,
  before: number | null = null,
  names = 1
): Effect.Effect<boolean, E | StoreUnavailable, R | EventStore> =>
  Effect.gen(function* () {
    const store = yield* EventStore
    let from = after
    while (true) {
      const size = before === null ? pageSize : Math.min(pageSize, before - 1 - from)
      if (size <= 0) return true
      const page: ReadonlyArray<Envelope> =
        stream === null ? yield* store.readAll({ after: from, limit: size }) : yield* store.read(stream, from, size)
      const [first] = page
      const last = page.at(-1)
      if (first === undefined || last === undefined) return true
      const isContinued = stream !== null && from === 0 && names < mostNames && first.type === "AppContinued"
      const link = isContinued ? Option.getOrNull(continuation(first.data)) : null
      if (link !== null && !(yield* eachPageOf(`app/${link.from}`, use, 0, link.version, names + 1))) return false
      if (!(yield* use(page))) return false
      if (page.length < size) return true
      from = stream === null ? last.position : last.version
      // A long log must not keep the daemon from its work.
      yield* Effect.yieldNow
    }
  })

/**
 * @param stream null: the whole log. A stream that is read from its beginning begins with the events of the app's former
 * names.
 * @param use is given each page in order; false: no more pages.
 * @param after only events after this position of the log, or version of the stream.
 */
export const eachPage = <E, R>(stream: string | null, use: Use<E, R>, after = 0) =>
  Effect.asVoid(eachPageOf(stream, use, after))

/** Reads the whole log page by page, as far as a fold needs it. */
export const eachPageToFold = <E, R>(use: (page: ReadonlyArray<Foldable>) => Effect.Effect<boolean, E, R>) =>
  Effect.gen(function* () {
    const store = yield* EventStore
    let after = 0
    while (true) {
      const page = yield* store.readToFold(after, pageSize)
      const last = page.at(-1)
      if (last === undefined || !(yield* use(page)) || page.length < pageSize) return
      after = last.position
      yield* Effect.yieldNow
    }
  })
