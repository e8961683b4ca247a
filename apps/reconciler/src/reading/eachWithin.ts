/**
 * Work on many items, each with a time limit. One fiber minds the time of all of them: for a look at an app that takes less
 * than a millisecond, a timer and the fibers of a timeout would cost as much as the look.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"

/** How often the time is looked at, so that a limit may be exceeded by as much. Milliseconds. */
const minderMs = 100

export interface Within<T, A, E, R> {
  /** How many items are worked on at the same time. */
  readonly atOnce: number
  /** Asked when the work on the item begins. Milliseconds. */
  readonly limitMs: (item: T) => number
  readonly work: (item: T) => Effect.Effect<A, E, R>
  /** Instead of work that was interrupted because its time was over. */
  readonly late: (item: T, limitMs: number) => Effect.Effect<A, E, R>
}

const now = Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos / 1_000_000n))

/** @returns the results in the order of the items. Fails with the first failure. */
export const eachWithin = Effect.fnUntraced(function* <T, A, E, R>(
  items: ReadonlyArray<T>,
  { atOnce, late, limitMs, work }: Within<T, A, E, R>
) {
  const results = new Map<number, A>()
  const running = new Map<Fiber.Fiber<A, E>, number>()
  const queue = items.entries()

  const worker = Effect.gen(function* () {
    for (const [index, item] of queue) {
      const limit = limitMs(item)
      const fiber = yield* Effect.forkChild(work(item), { startImmediately: true })
      running.set(fiber, (yield* now) + limit)
      const exit = yield* Fiber.await(fiber)
      const isLate = !running.delete(fiber)
      results.set(index, isLate && Exit.isFailure(exit) ? yield* late(item, limit) : yield* exit)
    }
  })

  const minder = Effect.gen(function* () {
    while (true) {
      yield* Effect.sleep(minderMs)
      const at = yield* now
      for (const [fiber, until] of running) {
        if (at < until) continue
        running.delete(fiber)
        fiber.interruptUnsafe()
      }
    }
  })

  const workers = Array.from({ length: Math.min(atOnce, items.length) }, () => worker)
  yield* Effect.raceFirst(Effect.all(workers, { concurrency: "unbounded", discard: true }), minder)
  return items.flatMap((_, index) => (results.has(index) ? [results.get(index) as A] : []))
})
