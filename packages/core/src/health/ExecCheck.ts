/**
 * A command inside the app, healthy when it exits with 0. LAW-12: what it prints is not kept, since it comes from within
 * the app and may be anything; the exit code is.
 */
import * as Effect from "effect/Effect"
import type { App, Check } from "../domain/App.ts"
import type { Runtime } from "../runtime/Runtime.ts"
import type { Look } from "./HealthGate.ts"
import { oneLine } from "./problem.ts"

const meanings: Readonly<Record<number, string>> = {
  126: " (cannot be executed)",
  127: " (command not found)",
  137: " (killed, out of memory?)"
}

export const look = (
  app: App,
  runtime: Runtime,
  check: Extract<Check, { readonly kind: "exec" }>
): Effect.Effect<Look> =>
  Effect.matchEager(runtime.exec(app, check.command, check.service), {
    onFailure: (error): Look => ({ ok: false, dead: false, seen: oneLine(error.message) }),
    onSuccess: ({ code }): Look => ({ ok: code === 0, dead: false, seen: `exit ${code}${meanings[code] ?? ""}` })
  })
