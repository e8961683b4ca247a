/**
 * Bounds the refresh of mirrors, which an upgrade waits for: by the deadline of the step `prefetch`, and by silence. A busy
 * host may give work of low priority nothing at all, and the step counts as hung after `stallMs` of silence.
 */
import * as Effect from "effect/Effect"
import type { EffectiveApp } from "../../domain/App.ts"
import { Heartbeat } from "../../process/Heartbeat.ts"
import { listenTo } from "../../process/listen.ts"

const longestPollMs = 1000

/** For work that no upgrade waits for. */
const aheadMs = 6 * 60 * 60_000

/** @param when `ahead`: no upgrade waits. @returns whether the work ended in time; otherwise it is interrupted. */
export const inTime =
  ({ deadlines: { prefetchMs, stallMs } }: Pick<EffectiveApp, "deadlines">, when?: "ahead") =>
  <A, E, R>(work: Effect.Effect<A, E, R>): Effect.Effect<boolean, E, R> =>
    Effect.gen(function* () {
      const silenceMs = stallMs / 2
      const limitMs = when === "ahead" ? aheadMs : prefetchMs
      const { beat } = yield* Heartbeat
      return yield* listenTo({
        everyMs: Math.min(silenceMs / 10, limitMs / 10, longestPollMs),
        isOver: ({ lastMs, nowMs }) => nowMs >= limitMs || nowMs - lastMs >= silenceMs,
        end: () => Effect.succeed(false),
        beat
      })(Effect.as(work, true))
    })
