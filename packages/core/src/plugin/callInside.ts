/**
 * A call into a plugin's code: whatever it throws is a reason in one line without secrets (LAW-12), and nobody waits for it
 * without an end.
 * Code that lastgood runs itself and that blocks the whole process cannot be bounded: only plugins that come with it are
 * run so.
 */
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type { EffectiveApp } from "../domain/App.ts"
import type { Inside } from "../domain/Extension.ts"
import { spoken } from "../health/problem.ts"
import type { Runtime } from "../runtime/Runtime.ts"
import { reasonOf } from "./reasonOf.ts"

/** What a plugin's code returned, as one line of text; nothing where it is no text. */
export const textReturned = (app: EffectiveApp, value: unknown): string =>
  typeof value === "string" ? reasonOf(value, app.extension?.secrets) : ""

/** @returns what the code returned; fails with the reason. Whoever stops waiting interrupts it. */
export const callInside = (
  app: EffectiveApp,
  runtime: Runtime,
  call: (inside: Inside) => unknown
): Effect.Effect<unknown, string> => {
  return Effect.gen(function* () {
    // In the context of whoever waits: the programs hold the claim (LAW-7) and are heard by the step's heartbeat. They
    // have ended when the call has, also when it is interrupted.
    const start = yield* FiberSet.makeRuntimePromise()
    const exec: Inside["exec"] = (command, options = {}) => {
      const ran = start(
        Effect.mapError(runtime.exec(app, command, options.service), ({ message }) => new Error(message))
      )
      // One that nobody waits for must not end the process when it fails.
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

/** @param limitMs milliseconds until nobody waits any more. */
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
  // The race runs both sides interruptible, also where a step must not be interrupted from outside.
  return Effect.andThen(ready, Effect.raceFirst(callInside(app, runtime, call), late))
}
