/**
 * Calls a plugin's code with a time limit. An error becomes a reason in one line without secrets (LAW-12). Code in
 * lastgood's own process that blocks the process cannot be limited, so only built-in plugins run there.
 */
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type { EffectiveApp } from "../domain/App.ts"
import type { Inside } from "../domain/Extension.ts"
import { spoken } from "../health/problem.ts"
import type { Runtime } from "../runtime/Runtime.ts"
import { reasonOf } from "./reasonOf.ts"

/** The return value of a plugin's code as one line; empty if it is not a text. */
export const textReturned = (app: EffectiveApp, value: unknown): string =>
  typeof value === "string" ? reasonOf(value, app.extension?.secrets) : ""

/** @returns the code's return value. Fails with the reason. Interruption aborts the call. */
export const callInside = (
  app: EffectiveApp,
  runtime: Runtime,
  call: (inside: Inside) => unknown
): Effect.Effect<unknown, string> => {
  return Effect.gen(function* () {
    // In the caller's context: the programs hold the claim (LAW-7) and count for the step's heartbeat. They have ended when
    // the call ends or is interrupted.
    const start = yield* FiberSet.makeRuntimePromise()
    const exec: Inside["exec"] = (command, options = {}) => {
      const ran = start(
        Effect.mapError(runtime.exec(app, command, options.service), ({ message }) => new Error(message))
      )
      // The rejection of an ignored promise must not end the process.
      ran.catch(() => undefined)
      return ran
    }
    return yield* Effect.tryPromise({
      try: async (signal) => call({ exec, signal }),
      catch: (thrown) => reasonOf(thrown, app.extension?.secrets)
    })
  }).pipe(Effect.scoped)
}

const startMs = 30_000

/** @param limitMs the time limit in milliseconds. */
export const callInTime = (
  app: EffectiveApp,
  runtime: Runtime,
  limitMs: number,
  call: (inside: Inside) => unknown
): Effect.Effect<unknown, string> => {
  const home = app.extension?.home
  const ready =
    home === undefined
      ? Effect.void
      : Effect.tryPromise({
          try: (signal) => home.start(signal),
          catch: (fault) => reasonOf(fault, app.extension?.secrets)
        }).pipe(
          Effect.timeoutOrElse({
            duration: startMs,
            orElse: () => Effect.fail(`its process did not start within ${spoken(startMs)}`)
          })
        )
  const late = Effect.andThen(Effect.sleep(limitMs), Effect.fail(`no answer within ${spoken(limitMs)}`))
  // A race makes both sides interruptible, even if the step itself must not be interrupted from outside.
  return Effect.andThen(ready, Effect.raceFirst(callInside(app, runtime, call), late))
}
