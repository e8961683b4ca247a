/** Typed errors of the engine as problems. Their texts contain no secret: the commands print the same. */
import * as Effect from "effect/Effect"
import { failureOf, isBusy, type Tagged } from "../failureOf.ts"
import { BadRequest, Conflict, NotFound, Unavailable, Unprocessable } from "./api/problems.ts"

const told = (error: Tagged) => {
  const { message, next } = failureOf(error)
  return { detail: message, ...(next === "" ? {} : { next }) }
}

export const unknownApp = (name: string, known: ReadonlyArray<string>) =>
  new NotFound({
    detail: `there is no app ${name.slice(0, 100)}`,
    next: known.length === 0 ? "configure an app" : `the apps are ${known.join(", ")}`
  })

type Problem = BadRequest | NotFound | Conflict | Unprocessable | Unavailable

const isProblem = (error: unknown): error is Problem =>
  [BadRequest, NotFound, Conflict, Unprocessable, Unavailable].some((kind) => error instanceof kind)

/** For what only reads the log and the disk: lastgood's own files cannot be read now. Problems stay as they are. */
export const orUnavailable = <A, E extends Tagged, R>(
  work: Effect.Effect<A, E, R>
): Effect.Effect<A, Extract<E, Problem> | Unavailable, R> =>
  Effect.mapError(work, (error) => (isProblem(error) ? (error as Extract<E, Problem>) : new Unavailable(told(error))))

/** For what an app is asked to do: busy, not possible now, or the log is unavailable. */
export const orRefused = <A, E extends Tagged, R>(work: Effect.Effect<A, E, R>) =>
  Effect.mapError(work, (error): Extract<E, Problem> | Conflict | Unprocessable | Unavailable => {
    if (isProblem(error)) return error as Extract<E, Problem>
    if (isBusy(error)) return new Conflict(told(error))
    return error._tag === "StoreUnavailable" ? new Unavailable(told(error)) : new Unprocessable(told(error))
  })
