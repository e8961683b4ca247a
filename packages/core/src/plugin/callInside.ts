/**
 * A call into a plugin's code: whatever it throws is a reason in one line without secrets (LAW-12), and nobody waits for it
 * without an end.
 * Code that blocks the whole process cannot be bounded: a plugin is trusted, as lastgood itself is.
 */
import * as Effect from "effect/Effect"
import type { App } from "../domain/App.ts"
import type { Inside } from "../domain/Extension.ts"
import { spoken } from "../health/problem.ts"
import type { Runtime } from "../runtime/Runtime.ts"
import { reasonOf } from "./reasonOf.ts"

/** What a plugin's code returned, as one line of text; nothing where it is no text. */
export const textReturned = (app: App, value: unknown): string =>
  typeof value === "string" ? reasonOf(value, app.extension?.secrets) : ""

/** @returns what the code returned; fails with the reason. Whoever stops waiting interrupts it. */
export const callInside = (
  app: App,
  runtime: Runtime,
  call: (inside: Inside) => unknown
): Effect.Effect<unknown, string> => {
  const exec =
    (signal: AbortSignal): Inside["exec"] =>
    (command, options = {}) =>
      Effect.runPromise(
        Effect.mapError(runtime.exec(app, command, options.service), ({ message }) => new Error(message)),
        { signal }
      )
  return Effect.tryPromise({
    try: async (signal) => call({ exec: exec(signal), signal }),
    catch: (thrown) => reasonOf(thrown, app.extension?.secrets)
  })
}

/** @param limitMs milliseconds until nobody waits any more. */
export const callInTime = (
  app: App,
  runtime: Runtime,
  limitMs: number,
  call: (inside: Inside) => unknown
): Effect.Effect<unknown, string> => {
  const late = Effect.andThen(Effect.sleep(limitMs), Effect.fail(`no answer within ${spoken(limitMs)}`))
  // The race runs both sides interruptible, also where a step must not be interrupted from outside.
  return Effect.raceFirst(callInside(app, runtime, call), late)
}
