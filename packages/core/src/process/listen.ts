/** Runs work and listens to its heartbeat. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { Heartbeat } from "./Heartbeat.ts"

/** Milliseconds since the work began: of its last beat (0: none yet), and now. */
export interface Heard {
  readonly lastMs: number
  readonly nowMs: number
}

export interface Patience<A, E> {
  /** How often `isOver` is asked, in milliseconds. */
  readonly everyMs: number
  readonly isOver: (heard: Heard) => boolean
  /** What the result is then. The work is interrupted. */
  readonly end: (heard: Heard) => Effect.Effect<A, E>
  /** Is told of each beat as well. */
  readonly beat?: () => void
}

/** A race makes both sides interruptible, even if the work itself must not be interrupted from outside. */
export const listenTo =
  <A2, E2>({ beat: also = () => undefined, end, everyMs, isOver }: Patience<A2, E2>) =>
  <A, E, R>(work: Effect.Effect<A, E, R>): Effect.Effect<A | A2, E | E2, R> =>
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      const begin = clock.currentTimeMillisUnsafe()
      let lastMs = 0
      const heard = (): Heard => ({ lastMs, nowMs: clock.currentTimeMillisUnsafe() - begin })
      const beat = () => {
        lastMs = heard().nowMs
        also()
      }
      const impatient = Effect.gen(function* () {
        while (!isOver(heard())) yield* Effect.sleep(everyMs)
        return yield* end(heard())
      })
      return yield* Effect.raceFirst(Effect.provideService(work, Heartbeat, { beat, everyMs }), impatient)
    })
