/**
 * The caller's proof of quiet (LAW-1) fails with an error of the caller's. It is kept apart from the troubles of this
 * folder while it passes through, so that it comes out as it was.
 */
import * as Effect from "effect/Effect"

class ProofFailed<E> {
  readonly _tag = "ProofFailed"
  readonly error: E
  constructor(error: E) {
    this.error = error
  }
}

/** A request whose proof fails with an error that nothing in between takes for its own. */
export const withProof = <E, Q extends { readonly stillQuiet: Effect.Effect<void, E> }>(request: Q) => ({
  ...request,
  stillQuiet: Effect.mapError(request.stillQuiet, (error: E) => new ProofFailed(error))
})

/** The proof's own error again; others pass. */
export const unwrapProof = <A, E, E2, R>(
  self: Effect.Effect<A, E2 | ProofFailed<E>, R>
): Effect.Effect<A, E | Exclude<E2, ProofFailed<E>>, R> =>
  Effect.mapError(self, (error) =>
    error instanceof ProofFailed ? (error.error as E) : (error as Exclude<E2, ProofFailed<E>>)
  )
