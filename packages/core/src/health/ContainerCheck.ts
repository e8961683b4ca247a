/** The runtime's own word on a container: its HEALTHCHECK, or that its process lives. The one check that can see death. */
import * as Effect from "effect/Effect"
import type { App, Check } from "../domain/App.ts"
import type { Runtime } from "../runtime/Runtime.ts"
import type { Look } from "./HealthGate.ts"
import { oneLine } from "./problem.ts"

export const look = (
  app: App,
  runtime: Runtime,
  check: Extract<Check, { readonly kind: "container" }>
): Effect.Effect<Look> =>
  Effect.matchEager(runtime.containerState(app, check.service), {
    onFailure: (error): Look => ({ ok: false, dead: false, seen: oneLine(error.message) }),
    onSuccess: ({ ok, dead, seen }): Look => ({ ok, dead, seen: oneLine(seen) })
  })
