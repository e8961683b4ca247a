/**
 * LAW-14: an upgrade without a named version begins only from a healthy app. From an unhealthy app, a failed upgrade could
 * only return to an unhealthy version, and the newer version would be blamed for the old trouble.
 */
import * as Effect from "effect/Effect"
import type { EffectiveApp } from "../domain/App.ts"
import type { Refusal } from "../domain/Decision.ts"
import { advise } from "../domain/Next.ts"
import type { Ref } from "../domain/Ref.ts"
import { HealthGate, type Verdict } from "../health/HealthGate.ts"
import type { Runtime } from "../runtime/Runtime.ts"
import { describeDown } from "./describeDown.ts"

/** Short, because an operator waits for the answer. The reconciler gives an app that has just started its full deadline. */
const operatorWaitsMs = 10_000

/** Without counts and times, so that the same trouble stays one refusal and one alert. */
const troubleOf = ({ checks, reason }: Verdict): string => {
  const failing = checks.filter(({ passed }) => !passed).map(({ name, lastSeen }) => `${name}: ${lastSeen}`)
  return failing.join("; ") || reason
}

/** @param to the version that the upgrade would go to. @returns the refusals; none if the app is healthy. */
export const unhealthyNow = Effect.fn("Engine.footing")(function* (
  app: EffectiveApp,
  runtime: Runtime,
  to: Ref,
  trigger: "operator" | "reconciler"
) {
  const { deadlineMs } = app.gate
  const waitMs = trigger === "reconciler" ? deadlineMs : Math.min(deadlineMs, operatorWaitsMs)
  const gate = { ...app.gate, stableForMs: 0, deadlineMs: waitMs }
  const verdict = yield* (yield* HealthGate).run({ ...app, gate }, runtime)
  const trouble = verdict.passed ? describeDown(yield* runtime.inspect(app)) : troubleOf(verdict)
  if (trouble === null) return []
  const refusal: Refusal = {
    gate: "unhealthy",
    reason: `it is unhealthy now (${trouble}), so a rollback would return to an unhealthy version`,
    next: advise`repair it (${{ do: "Doctor" }}); or, if the newer version is the remedy: ${{ do: "Upgrade", to: to.version }}`
  }
  return [refusal]
})
