/** The end of the log for all streams: one poll, however many clients there are, and none without a client. */
import { type Envelope, EventStore, type StoreUnavailable } from "@lastgood/core/log/EventStore"
import * as EventStoreSqlite from "@lastgood/core/log/EventStoreSqlite"
import { logFile } from "@lastgood/core/log/logFile"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as RcRef from "effect/RcRef"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"

/** How often the log is asked for events of other processes. */
const pollInterval = "250 millis"
const pageSize = 256

type Store = EventStore["Service"]

/** The last position of the log, or why it cannot be read. */
type Head = Result.Result<number, StoreUnavailable>

interface End {
  readonly store: Store
  readonly head: SubscriptionRef.SubscriptionRef<Head>
}

/** The events from `after` up to `head`, exclusive and inclusive. */
const between = (store: Store, after: number, head: number): Stream.Stream<Envelope, StoreUnavailable> =>
  Stream.paginate(after, (position) =>
    Effect.map(store.readAll({ after: position, limit: Math.min(pageSize, head - position) }), (page) => {
      const next = page.at(-1)?.position ?? head
      return [page, next < head ? Option.some(next) : Option.none()] as const
    })
  )

/** @param root the folder with the log. */
export const makeTail = Effect.fnUntraced(function* (root: string) {
  const log = EventStoreSqlite.layerReadOnly({ path: logFile(root) })
  const heads: RcRef.RcRef<End, StoreUnavailable> = yield* RcRef.make({
    acquire: Effect.gen(function* () {
      const store = Context.get(yield* Layer.build(Layer.fresh(log)), EventStore)
      const head = yield* SubscriptionRef.make<Head>(Result.succeed((yield* store.head).position))
      const poll = Effect.gen(function* () {
        const { position } = yield* store.head
        const known = yield* SubscriptionRef.get(head)
        if (Result.isFailure(known) || known.success !== position)
          yield* SubscriptionRef.set(head, Result.succeed(position))
      })
      // The clients connect again, to the log that took its place.
      const broken = (error: StoreUnavailable) =>
        Effect.andThen(RcRef.invalidate(heads), SubscriptionRef.set(head, Result.fail(error)))
      yield* Effect.forkScoped(Effect.catch(Effect.forever(Effect.andThen(Effect.sleep(pollInterval), poll)), broken))
      return { store, head }
    })
  })

  /** All events after a position, then live ones: every position once, in order. */
  const after = (first: number): Stream.Stream<Envelope, StoreUnavailable> =>
    Stream.unwrap(
      Effect.map(RcRef.get(heads), ({ head, store }) => {
        let last = first
        return SubscriptionRef.changes(head).pipe(
          Stream.mapEffect((now) => Effect.fromResult(now)),
          Stream.flatMap((now) => {
            if (now <= last) return Stream.empty
            const events = between(store, last, now)
            last = now
            return events
          })
        )
      })
    )
  return after
})
