/** Code of the app's plugin: healthy when it returns, not healthy when it throws. */
import * as Effect from "effect/Effect"
import { callInside, textReturned } from "../plugin/callInside.ts"
import type { Look } from "./HealthGate.ts"
import type { LookAt } from "./Kind.ts"

export const look: LookAt<"plugin"> = (check, app, runtime) =>
  Effect.match(callInside(app, runtime, check.look), {
    onFailure: (reason): Look => ({ ok: false, dead: false, seen: reason }),
    onSuccess: (value): Look => ({ ok: true, dead: false, seen: textReturned(app, value) || "passed" })
  })
