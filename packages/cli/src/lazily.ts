/** What a command does, loaded when it is asked for: `status` does not pay for what `upgrade` needs. */
import * as Effect from "effect/Effect"

export const lazily =
  <I, A, E, R>(load: () => Promise<{ readonly run: (input: I) => Effect.Effect<A, E, R> }>) =>
  (input: I): Effect.Effect<A, E, R> =>
    Effect.flatMap(Effect.promise(load), ({ run }) => run(input))
