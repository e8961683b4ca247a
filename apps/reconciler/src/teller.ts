/** Logs the results of passes. */
import * as Effect from "effect/Effect"
import type { PassResult } from "./pass.ts"

/** The events of an attempt tell all that its outcome does. */
const ofAttempts: ReadonlySet<PassResult["outcome"]> = new Set([
  ...(["committed", "done", "failed", "left-down", "recovered", "unhealthy", "unknown"] as const)
])

const logged = ({ outcome, why }: PassResult): Effect.Effect<void> => {
  const text = `${outcome}${why === "" ? "" : `: ${why}`}`
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
export const tell = (result: PassResult): Effect.Effect<void> => {
  const { app, next, outcome } = result
  return Effect.annotateLogs(logged(result), {
    ...{ app, event: "PassEnded", outcome, next },
    summary: ofAttempts.has(outcome)
  })
}

const times = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z|\b\d+(?:\.\d+)? ?(?:ms|s|min|h|d)\b/g

/**
 * Logs an error or a refusal once, until the app has another result: a remote may not answer for days, and a version may
 * wait for weeks. One that names another time or duration is the same.
 */
export const makeTeller = (): ((result: PassResult) => Effect.Effect<void>) => {
  const told = new Map<string, string>()
  return (result) =>
    Effect.suspend(() => {
      const { app, outcome, why } = result
      if (outcome === "skipped") return tell(result)
      const what = `${outcome} ${why.replaceAll(times, "")}`
      const isLasting = outcome === "error" || outcome === "refused"
      const isKnown = isLasting && told.get(app) === what
      if (isLasting) told.set(app, what)
      else told.delete(app)
      return isKnown ? Effect.annotateLogs(Effect.logDebug(`still: ${why}`), { app }) : tell(result)
    })
}
