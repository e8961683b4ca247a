/**
 * SIGHUP. It means that a connection was lost, and ends a command as SIGINT does; unless the command takes it as the order
 * that daemons have always taken it for: to read the configuration again.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"

/** @returns stops taking them. */
export type OnHangup = (hear: () => void) => () => void

export const OnHangup = Context.Reference<OnHangup>("lastgood/cli/OnHangup", {
  defaultValue: () => () => () => undefined
})

/** Takes every SIGHUP until the scope closes. `hangup` waits for the next one; several at once are one. */
export const takeHangups = Effect.gen(function* () {
  const heard = yield* Queue.sliding<void>(1)
  const onHangup = yield* OnHangup
  yield* Effect.acquireRelease(
    Effect.sync(() => onHangup(() => Queue.offerUnsafe(heard, undefined))),
    (stop) => Effect.sync(stop)
  )
  return { hangup: Queue.take(heard) }
})
