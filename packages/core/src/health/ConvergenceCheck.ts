/**
 * What the gate looks at when an app has no check: that everything which should run does. Weak evidence (an app that
 * answers 500 to everything passes it), and said to be.
 */
import * as Effect from "effect/Effect"
import type { App } from "../domain/App.ts"
import type { Runtime } from "../runtime/Runtime.ts"
import type { Look } from "./HealthGate.ts"
import { oneLine } from "./problem.ts"

export const name = "services (weak: no health check is configured)"

export const look = (app: App, runtime: Runtime): Effect.Effect<Look> =>
  Effect.matchEager(runtime.inspect(app), {
    onFailure: (error): Look => ({ ok: false, dead: false, seen: oneLine(error.message) }),
    onSuccess: ({ present, converged, services }): Look => ({
      ok: present && converged,
      dead: services.some(({ dead }) => dead === true),
      seen: present
        ? oneLine(services.map((s) => `${s.name} ${s.state}`).join(", ") || "no services")
        : "nothing of the app runs"
    })
  })
