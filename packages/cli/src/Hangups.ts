/**
 * Signals. SIGHUP means that a connection was lost, and ends a command as SIGINT does. For the daemon it is the request to reload
 * the configuration.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"

/** @returns a function that removes the listener. */
export type OnHangup = (hear: () => void) => () => void

export const OnHangup = Context.Reference<OnHangup>("lastgood/cli/OnHangup", {
  defaultValue: () => () => () => undefined
})

/** The signal that asked this process to end; null: none has. */
export const Signalled = Context.Reference<() => string | null>("lastgood/cli/Signalled", {
  defaultValue: () => () => null
})

/** Handles every SIGHUP until the scope closes. `hangup` waits for the next one; several at once count as one. */
export const takeHangups = Effect.gen(function* () {
  const heard = yield* Queue.sliding<void>(1)
  const onHangup = yield* OnHangup
  yield* Effect.acquireRelease(
    Effect.sync(() => onHangup(() => Queue.offerUnsafe(heard, undefined))),
    (stop) => Effect.sync(stop)
  )
  return { hangup: Queue.take(heard) }
})
