/**
 * Looks at many apps at the same time. What is the same for all of them is read once for a moment: the mounts of the host, and
 * which apps have new events in the log. The state of an app without new events is the one that was folded before.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { makeSharedMounts, OwnMounts } from "../host/OwnMounts.ts"

/** How long a reading is shared, in milliseconds: a look is of one moment. */
export const sharedMs = 250

export interface LastAsked {
  /** When the log was last asked, in milliseconds of the monotonic clock. */
  askedAt: number
}

/** null: the log is read for each app. */
export const Together = Context.Reference<LastAsked | null>("lastgood/engine/Together", { defaultValue: () => null })

/** The looks see everything that was recorded before they began. */
export const together = <A, E, R>(looks: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.suspend(() =>
    looks.pipe(
      Effect.provideService(Together, { askedAt: Number.NEGATIVE_INFINITY }),
      Effect.provideService(OwnMounts, makeSharedMounts(sharedMs))
    )
  )
