/**
 * The check of an app that has no configured check: every service that should run does run. This is weak evidence (an
 * app that answers every request with 500 passes), and its name says so.
 */
import * as Effect from "effect/Effect"
import type { App } from "../domain/App.ts"
import type { Runtime } from "../runtime/Runtime.ts"
import type { CheckResult } from "./HealthGate.ts"
import { oneLine } from "./problem.ts"

export const name = "services (weak: no health check is configured)"

export const run = (app: App, runtime: Runtime): Effect.Effect<CheckResult> =>
  Effect.matchEager(runtime.inspect(app), {
    onFailure: (error): CheckResult => ({ ok: false, dead: false, seen: oneLine(error.message) }),
    onSuccess: ({ present, converged, services }): CheckResult => ({
      ok: present && converged,
      dead: services.some(({ dead }) => dead === true),
      seen: present
        ? oneLine(services.map((s) => `${s.name} ${s.state}`).join(", ") || "no services")
        : "no service of the app is running"
    })
  })
