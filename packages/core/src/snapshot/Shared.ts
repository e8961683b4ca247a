/** Work that several fibers need at the same time, and that is done once. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { Heartbeat } from "../process/Heartbeat.ts"

interface Running<A, E> {
  readonly end: Deferred.Deferred<Exit.Exit<A, E>>
  /** Of everybody who waits: the work's signs of life are theirs. */
  readonly beats: Set<() => void>
}

/**
 * Runs `work` for the first caller of a key. The others wait for its result. If the first caller is interrupted, one of
 * them begins the work again.
 */
export const makeShared = <A, E>() => {
  const running = new Map<string, Running<A, E>>()

  const begin = (key: string, work: Effect.Effect<A, E>, { beat, everyMs }: Heartbeat): Effect.Effect<A, E> =>
    // An interruption between the entry and the work would leave an entry that never ends.
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const one: Running<A, E> = { end: yield* Deferred.make<Exit.Exit<A, E>>(), beats: new Set([beat]) }
        running.set(key, one)
        const beatAll = () => {
          for (const each of one.beats) each()
        }
        const heard = Effect.provideService(work, Heartbeat, { beat: beatAll, everyMs: everyMs ?? waitingMs })
        return yield* restore(heard).pipe(
          Effect.onExit((exit) => {
            running.delete(key)
            return Deferred.succeed(one.end, exit)
          })
        )
      })
    )

  const join = (key: string, work: Effect.Effect<A, E>, one: Running<A, E>, { beat }: Heartbeat): Effect.Effect<A, E> =>
    Effect.suspend(() => {
      one.beats.add(beat)
      return Deferred.await(one.end)
    }).pipe(
      Effect.ensuring(Effect.sync(() => one.beats.delete(beat))),
      Effect.flatMap((exit) => (Exit.hasInterrupts(exit) ? share(key, work) : exit))
    )

  const share = (key: string, work: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.gen(function* () {
      const heartbeat = yield* Heartbeat
      const one = running.get(key)
      return yield* one === undefined ? begin(key, work, heartbeat) : join(key, work, one, heartbeat)
    })

  return share
}

/** Somebody who listens may join later. */
const waitingMs = 1000
