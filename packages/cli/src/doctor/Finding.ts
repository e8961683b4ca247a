/** One line of the doctor: what was looked at, what was seen, and what to do when it is not as it should be. */
import * as Effect from "effect/Effect"
import { endOfError, type Tagged } from "../failure.ts"

export interface Finding {
  readonly level: "ok" | "warn" | "fail"
  /** null: about the host, not about one app. */
  readonly app: string | null
  readonly what: string
  readonly seen: string
  /** Empty where there is nothing to do. */
  readonly next: string
}

type About = Pick<Finding, "app" | "what">

export const ok = (about: About, seen: string): Finding => ({ ...about, level: "ok", seen, next: "" })
export const warn = (about: About, seen: string, next: string): Finding => ({ ...about, level: "warn", seen, next })
export const fail = (about: About, seen: string, next: string): Finding => ({ ...about, level: "fail", seen, next })

/** A look that could not be taken is a finding too. */
export const orFail =
  (about: About) =>
  <E extends Tagged, R>(
    look: Effect.Effect<ReadonlyArray<Finding>, E, R>
  ): Effect.Effect<ReadonlyArray<Finding>, never, R> =>
    look.pipe(
      Effect.catch((error) => {
        const { message, next } = endOfError(error).failure
        return Effect.succeed([fail(about, message, next)])
      })
    )
