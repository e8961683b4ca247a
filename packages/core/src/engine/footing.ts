/**
 * LAW-14: an upgrade that nobody named a version for begins from a healthy app. From one that is not, a failed upgrade
 * could only go back to what did not work before, and what was wrong already would be put down to the newer version.
 */
import * as Effect from "effect/Effect"
import type { EffectiveApp } from "../domain/App.ts"
import type { Refusal } from "../domain/Decision.ts"
import { advise } from "../domain/Next.ts"
import type { Ref } from "../domain/Ref.ts"
import { HealthGate, type Verdict } from "../health/HealthGate.ts"
import type { Runtime } from "../runtime/Runtime.ts"
import { notAllRuns } from "./notAllRuns.ts"

/** Somebody waits for the answer; a reconciler gives an app that has just come up, as after a reboot, all of its time. */
const operatorWaitsMs = 10_000

/** Without counts and times: the same trouble is one refusal and one alert, however often it is seen. */
const troubleOf = ({ checks, reason }: Verdict): string => {
  const failing = checks.filter(({ passed }) => !passed).map(({ name, lastSeen }) => `${name}: ${lastSeen}`)
  return failing.join("; ") || reason
}

/** @param to the version that the upgrade would go to. @returns what speaks against it; none: it is healthy. */
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
  const trouble = verdict.passed ? notAllRuns(yield* runtime.inspect(app)) : troubleOf(verdict)
  if (trouble === null) return []
  const refusal: Refusal = {
    gate: "unhealthy",
    reason: `it is not healthy as it is (${trouble}), so there would be nothing healthy to go back to`,
    next: advise`mend it (${{ do: "Doctor" }}); or, where the newer version is the remedy, ${{ do: "Upgrade", to: to.version }}`
  }
  return [refusal]
})
