/** Reads the log, or one stream of it, page by page, so that memory does not grow with the log. */
import * as Effect from "effect/Effect"
import { type Envelope, EventStore } from "./EventStore.ts"

const pageSize = 1000

/**
 * @param stream null: the whole log.
 * @param use is given each page in order; false: no more pages.
 */
export const eachPage = <E, R>(
  stream: string | null,
  use: (page: ReadonlyArray<Envelope>) => Effect.Effect<boolean, E, R>
) =>
  Effect.gen(function* () {
    const store = yield* EventStore
    let last: Envelope | undefined
    while (true) {
      const page: ReadonlyArray<Envelope> =
        stream === null
          ? yield* store.readAll({ after: last?.position ?? 0, limit: pageSize })
          : yield* store.read(stream, last?.version ?? 0, pageSize)
      last = page.at(-1) ?? last
      if (page.length > 0 && !(yield* use(page))) return
      if (page.length < pageSize) return
    }
  })
