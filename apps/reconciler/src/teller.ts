/** Logs the results of passes. */
import * as Effect from "effect/Effect"
import type { PassResult } from "./pass.ts"

const logged = ({ outcome, why, next }: PassResult): Effect.Effect<void> => {
  const text = `${outcome}${why === "" ? "" : `: ${why}`}${next === "" ? "" : ` (next: ${next})`}`
  switch (outcome) {
    case "nothing":
    case "skipped":
      return Effect.logDebug(text)
    case "committed":
    case "done":
    case "recorded":
    case "refused":
      return Effect.logInfo(text)
    default:
      return Effect.logError(text)
  }
}

/** Logs the result of a pass. */
export const tell = (result: PassResult): Effect.Effect<void> =>
  Effect.annotateLogs(logged(result), { app: result.app })

const times = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g

/**
 * Logs an error once, until the app has another result: a remote or a registry may not answer for days. A registry that
 * limits requests names another time after each pause: that is the same error.
 */
export const makeTeller = (): ((result: PassResult) => Effect.Effect<void>) => {
  const told = new Map<string, string>()
  return (result) =>
    Effect.suspend(() => {
      const { app, outcome, why } = result
      if (outcome === "skipped") return tell(result)
      const what = why.replaceAll(times, "")
      const isKnown = outcome === "error" && told.get(app) === what
      if (outcome === "error") told.set(app, what)
      else told.delete(app)
      return isKnown ? Effect.annotateLogs(Effect.logDebug(`still: ${why}`), { app }) : tell(result)
    })
}
