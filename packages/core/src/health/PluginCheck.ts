/** Code of the app's plugin: the check passes when it returns and fails when it throws. */
import * as Effect from "effect/Effect"
import { callInside, textReturned } from "../plugin/callInside.ts"
import type { CheckResult } from "./HealthGate.ts"
import type { RunCheck } from "./Kind.ts"

export const run: RunCheck<"plugin"> = (check, app, runtime) =>
  Effect.match(callInside(app, runtime, check.look), {
    onFailure: (reason): CheckResult => ({ ok: false, dead: false, seen: reason }),
    onSuccess: (value): CheckResult => ({ ok: true, dead: false, seen: textReturned(app, value) || "passed" })
  })
