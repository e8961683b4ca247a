/** Work that many requests ask for at the same time, because each look at a host blocks the daemon for a while. */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Semaphore from "effect/Semaphore"

/** For a run that blocks the daemon, which would begin for each request as it comes in. */
const defaultPauseMs = 100

/**
 * Requests for the same key that wait share one run. It begins after all of them asked, so none gets an old answer, and goes
 * on if some of them have gone.
 *
 * @param permits how many runs there may be at the same time, whatever their key.
 * @param work for a key. Keys are remembered, so there must be a limited number of them.
 * @param pauseMs the least time between two runs for the same key.
 */
export const makeShared = Effect.fnUntraced(function* <A, E, R>(
  permits: Semaphore.Semaphore,
  work: (key: string) => Effect.Effect<A, E, R>,
  pauseMs = defaultPauseMs
) {
  const scope = yield* Effect.scope
  const waiting = new Map<string, Deferred.Deferred<A, E>>()
  const ends = new Map<string, number>()

  const pause = (key: string) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const left = (ends.get(key) ?? Number.NEGATIVE_INFINITY) + pauseMs - now
      return left > 0 ? Effect.sleep(Math.min(left, pauseMs)) : Effect.void
    })

  const run = (key: string) =>
    Effect.suspend(() => {
      waiting.delete(key)
      const ended = Effect.map(Clock.currentTimeMillis, (now) => void ends.set(key, now))
      return Effect.ensuring(work(key), ended)
    })

  return (key: string): Effect.Effect<A, E, R> =>
    Effect.gen(function* () {
      const found = waiting.get(key)
      if (found !== undefined) return yield* Deferred.await(found)
      const made = Deferred.makeUnsafe<A, E>()
      waiting.set(key, made)
      yield* permits
        .withPermits(1)(Effect.andThen(pause(key), run(key)))
        .pipe(
          Effect.onExit((exit) => Deferred.done(made, exit)),
          Effect.ignoreCause,
          Effect.forkIn(scope)
        )
      return yield* Deferred.await(made)
    })
})
