/** Loads the implementation of a command when it runs, so that `status` does not load the code of `upgrade`. */
import * as Effect from "effect/Effect"

export const lazily =
  <I, A, E, R>(load: () => Promise<{ readonly run: (input: I) => Effect.Effect<A, E, R> }>) =>
  (input: I): Effect.Effect<A, E, R> =>
    Effect.flatMap(Effect.promise(load), ({ run }) => run(input))
