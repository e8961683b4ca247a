/** Annotates every span and log line of some work with app, attempt and step. */
import * as Effect from "effect/Effect"

export interface Facts {
  readonly app?: string
  readonly attempt?: string
  readonly step?: string
  /** The version that the step works on. */
  readonly version?: string
}

export const about =
  (facts: Facts) =>
  <A, E, R>(work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    work.pipe(Effect.annotateSpans({ ...facts }), Effect.annotateLogs({ ...facts }))
