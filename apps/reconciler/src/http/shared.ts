/** Work that many requests ask for at the same time, because each look at a host blocks the daemon for a while. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Semaphore from "effect/Semaphore"

/**
 * Requests for the same key that wait for a permit share one run. It begins after all of them asked, so none gets an old
 * answer, and goes on if some of them have gone.
 *
 * @param permits how many runs there may be at the same time, whatever their key.
 */
export const makeShared = Effect.fnUntraced(function* <A, E, R>(
  permits: Semaphore.Semaphore,
  work: (key: string) => Effect.Effect<A, E, R>
) {
  const scope = yield* Effect.scope
  const waiting = new Map<string, Deferred.Deferred<A, E>>()
  return (key: string): Effect.Effect<A, E, R> =>
    Effect.gen(function* () {
      const found = waiting.get(key)
      if (found !== undefined) return yield* Deferred.await(found)
      const made = Deferred.makeUnsafe<A, E>()
      waiting.set(key, made)
      const begun = Effect.sync(() => waiting.delete(key))
      yield* permits
        .withPermits(1)(Effect.andThen(begun, work(key)))
        .pipe(
          Effect.onExit((exit) => Deferred.done(made, exit)),
          Effect.ignoreCause,
          Effect.forkIn(scope)
        )
      return yield* Deferred.await(made)
    })
})
