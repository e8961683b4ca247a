/** What work is about, on every span and log line inside of it. */
import * as Effect from "effect/Effect"

export interface Facts {
  readonly app?: string
  readonly attempt?: string
  readonly step?: string
  /** The version that a step works on. */
  readonly version?: string
}

export const about =
  (facts: Facts) =>
  <A, E, R>(work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    work.pipe(Effect.annotateSpans({ ...facts }), Effect.annotateLogs({ ...facts }))
