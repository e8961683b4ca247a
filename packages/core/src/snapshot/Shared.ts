/** Work that several fibers need at the same time, and that is done once. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { Heartbeat } from "../process/Heartbeat.ts"
import { makeRaisable, type Raisable, Raised, raise } from "../process/priority.ts"

interface Running<A, E> {
  readonly end: Deferred.Deferred<Exit.Exit<A, E>>
  readonly stop: Deferred.Deferred<void>
  readonly raisable: Raisable
  /** Of everybody who waits: the work's signs of life are theirs. */
  readonly beats: Set<() => void>
}

/**
 * `share` runs `work` for the first caller of a key. The others wait for its result. If the first caller is interrupted,
 * one of them begins the work again. Work of low priority gets the normal one once an urgent caller waits for it.
 *
 * `stop` interrupts the work of a key, and its first caller, and waits for its end.
 */
export const makeShared = <A, E>() => {
  const running = new Map<string, Running<A, E>>()

  const begin = (key: string, work: Effect.Effect<A, E>, { beat, everyMs }: Heartbeat): Effect.Effect<A, E> =>
    // An interruption between the entry and the work would leave an entry that never ends.
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const one: Running<A, E> = {
          end: yield* Deferred.make<Exit.Exit<A, E>>(),
          stop: yield* Deferred.make<void>(),
          raisable: makeRaisable(),
          beats: new Set([beat])
        }
        running.set(key, one)
        const beatAll = () => {
          for (const each of one.beats) each()
        }
        const heard = work.pipe(
          Effect.provideService(Heartbeat, { beat: beatAll, everyMs: everyMs ?? waitingMs }),
          Effect.provideService(Raised, one.raisable),
          Effect.raceFirst(Effect.andThen(Deferred.await(one.stop), Effect.interrupt))
        )
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

  const share = (key: string, work: Effect.Effect<A, E>, isUrgent = false): Effect.Effect<A, E> =>
    Effect.gen(function* () {
      const heartbeat = yield* Heartbeat
      const one = running.get(key)
      if (one === undefined) return yield* begin(key, work, heartbeat)
      if (isUrgent) yield* raise(one.raisable)
      return yield* join(key, work, one, heartbeat)
    })

  const stop = (key: string): Effect.Effect<void> =>
    Effect.suspend(() => {
      const one = running.get(key)
      if (one === undefined) return Effect.void
      return Effect.andThen(Deferred.succeed(one.stop, undefined), Effect.asVoid(Deferred.await(one.end)))
    })

  return { share, stop }
}

/** Somebody who listens may join later. */
const waitingMs = 1000
