/** Requests that wait for one another. More than a few are refused at once, because each of them keeps a connection. */
import * as Effect from "effect/Effect"
import type * as Semaphore from "effect/Semaphore"
import { Unavailable } from "./api/problems.ts"

/**
 * @param permits how many may work at the same time.
 * @param most how many may wait for that.
 */
export const makeQueue = (permits: Semaphore.Semaphore, most: number) => {
  let waiting = 0
  return <A, E, R>(work: Effect.Effect<A, E, R>): Effect.Effect<A, E | Unavailable, R> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.suspend((): Effect.Effect<A, E | Unavailable, R> => {
        if (waiting >= most) {
          const detail = `${most} requests wait for this already, which is the most`
          return Effect.fail(new Unavailable({ detail, next: "try again later" }))
        }
        waiting += 1
        let isWaiting = true
        const leave = Effect.sync(() => {
          if (isWaiting) waiting -= 1
          isWaiting = false
        })
        return restore(permits.withPermits(1)(Effect.andThen(leave, work))).pipe(Effect.ensuring(leave))
      })
    )
}
