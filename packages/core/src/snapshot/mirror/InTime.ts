/**
 * Bounds the refresh of mirrors, which an upgrade waits for: by the deadline of the step `prefetch`, and by silence. A busy
 * host may give work of low priority nothing at all, and the step counts as hung after `stallMs` of silence.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { EffectiveApp } from "../../domain/App.ts"
import { Heartbeat } from "../../process/Heartbeat.ts"

const longestPollMs = 1000

/** @returns whether the work ended in time; otherwise it is interrupted. */
export const inTime =
  ({ deadlines: { prefetchMs, stallMs } }: Pick<EffectiveApp, "deadlines">) =>
  <A, E, R>(work: Effect.Effect<A, E, R>): Effect.Effect<boolean, E, R> =>
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      const outer = yield* Heartbeat
      const silenceMs = stallMs / 2
      const everyMs = Math.min(silenceMs / 10, prefetchMs / 10, longestPollMs)
      const begin = clock.currentTimeMillisUnsafe()
      let last = begin
      const beat = () => {
        last = clock.currentTimeMillisUnsafe()
        outer.beat()
      }
      const isLate = () => {
        const now = clock.currentTimeMillisUnsafe()
        return now - begin >= prefetchMs || now - last >= silenceMs
      }
      const late = Effect.gen(function* () {
        while (!isLate()) yield* Effect.sleep(everyMs)
        return false
      })
      const heard = Effect.provideService(work, Heartbeat, { beat, everyMs })
      return yield* Effect.raceFirst(Effect.as(heard, true), late)
    })
