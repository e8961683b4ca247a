/** Reads as many events as possible from a log that may be damaged. */
import { streamOf } from "@lastgood/core/engine/Journal"
import { type Envelope, EventStore, type StoreUnavailable } from "@lastgood/core/log/EventStore"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"

/** The most events in a report. The newest ones show what went wrong. */
const eventsAtMost = 10_000
const pageSize = 200

export interface History {
  readonly events: ReadonlyArray<Envelope>
  /** Why reading stopped before the end of the log; null: it did not. */
  readonly stopped: StoreUnavailable | null
}

export const readHistory = Effect.fn("Report.history")(function* (app: Option.Option<string>) {
  const store = yield* EventStore
  const stream = Option.getOrNull(Option.map(app, streamOf))
  let events: ReadonlyArray<Envelope> = []
  let after = 0
  let limit = pageSize
  while (true) {
    const page = yield* Effect.result(store.readAll({ after, limit }))
    if (Result.isFailure(page)) {
      if (limit === 1) return { events, stopped: page.failure } satisfies History
      // Reads one by one, up to the damage.
      limit = 1
      continue
    }
    const last = page.success.at(-1)
    if (last === undefined) return { events, stopped: null } satisfies History
    after = last.position
    events = [...events, ...page.success.filter((event) => stream === null || event.stream === stream)].slice(
      -eventsAtMost
    )
  }
})
