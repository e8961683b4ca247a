/** Whose turn it is: at most so many apps at the same time, and an app after those of its `after` that wait or work now. */
import type { Settings } from "@lastgood/core/domain/App"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Semaphore from "effect/Semaphore"

interface InTurn extends Pick<Settings, "after"> {
  readonly name: string
}

/** @param permits one for each app that may be worked on at the same time. */
export const makeTurns = (permits: Semaphore.Semaphore) => {
  const begun = new Map<string, Deferred.Deferred<void>>()

  /** Waits without a permit, so that an app that comes first gets one. */
  const earlier = (after: ReadonlyArray<string>) =>
    Effect.forEach(
      after.flatMap((name) => begun.get(name) ?? []),
      Deferred.await,
      { discard: true }
    )

  return <A, E, R>({ after, name }: InTurn, work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.gen(function* () {
      const ended = yield* Deferred.make<void>()
      begun.set(name, ended)
      const over = Effect.suspend(() => {
        if (begun.get(name) === ended) begun.delete(name)
        return Deferred.succeed(ended, undefined)
      })
      return yield* Effect.andThen(earlier(after), permits.withPermits(1)(work)).pipe(Effect.ensuring(over))
    })
}
