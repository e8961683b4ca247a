/** Code of the app's plugin: healthy when it returns, not healthy when it throws. */
import * as Effect from "effect/Effect"
import type { Check, EffectiveApp } from "../domain/App.ts"
import { callInside, textReturned } from "../plugin/callInside.ts"
import type { Runtime } from "../runtime/Runtime.ts"
import type { Look } from "./HealthGate.ts"

export const look = (
  app: EffectiveApp,
  runtime: Runtime,
  check: Extract<Check, { readonly kind: "plugin" }>
): Effect.Effect<Look> =>
  Effect.match(callInside(app, runtime, check.look), {
    onFailure: (reason): Look => ({ ok: false, dead: false, seen: reason }),
    onSuccess: (value): Look => ({ ok: true, dead: false, seen: textReturned(app, value) || "passed" })
  })
