/** Reads the log, or one stream of it, page by page, so that memory does not grow with the log. */
import * as Effect from "effect/Effect"
import { type Envelope, EventStore } from "./EventStore.ts"

/** Larger pages outlive the young generation of the heap, which then grows to hundreds of megabytes. */
const pageSize = 100

/**
 * @param stream null: the whole log.
 * @param use is given each page in order; false: no more pages.
 * @param after only events after this position of the log, or version of the stream.
 */
export const eachPage = <E, R>(
  stream: string | null,
  use: (page: ReadonlyArray<Envelope>) => Effect.Effect<boolean, E, R>,
  after = 0
) =>
  Effect.gen(function* () {
    const store = yield* EventStore
    let from = after
    while (true) {
      const page: ReadonlyArray<Envelope> =
        stream === null
          ? yield* store.readAll({ after: from, limit: pageSize })
          : yield* store.read(stream, from, pageSize)
      const last = page.at(-1)
      if (last === undefined || !(yield* use(page)) || page.length < pageSize) return
      from = stream === null ? last.position : last.version
      // A long log must not keep the daemon from its work.
      yield* Effect.yieldNow
    }
  })
