import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

/** Polls until it holds; otherwise dies with the message, which therefore says what did not happen. */
export const waitUntil = <E, R>(
  message: string,
  holds: Effect.Effect<boolean, E, R>,
  timeoutMs = 15_000,
  intervalMs = 25
): Effect.Effect<void, E, R> =>
  Effect.gen(function* () {
    const deadline = (yield* Clock.currentTimeMillis) + timeoutMs
    while (!(yield* holds)) {
      if ((yield* Clock.currentTimeMillis) > deadline) return yield* Effect.die(new Error(message))
      yield* Effect.sleep(intervalMs)
    }
  })
