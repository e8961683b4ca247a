/**
 * Port: the health gate. Runs all checks of an app every `intervalMs`, until each has passed for `stableForMs` without
 * a failure, or until `deadlineMs` is over, or until the app cannot become healthy any more: a process ended for good,
 * or a service restarts again and again (`domain/restartLoop.ts`). A failed gate is an answer, not an error: `passed` is false, with
 * the evidence of what was seen, how often, and when.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { EffectiveApp } from "../domain/App.ts"
import type { Check } from "../domain/Check.ts"
import type { CheckEvidence } from "../domain/Event.ts"
import type { Runtime } from "../runtime/Runtime.ts"

/** The result of one run of a check. `dead`: no later run can pass. */
export interface CheckResult {
  readonly ok: boolean
  readonly dead: boolean
  /** What was seen, short and without secrets: `200`, `503 Service Unavailable`, `connection refused`. */
  readonly seen: string
}

export interface Verdict {
  readonly passed: boolean
  readonly reason: string
  readonly tookMs: number
  readonly checks: ReadonlyArray<CheckEvidence>
}

export class HealthGate extends Context.Service<
  HealthGate,
  {
    /** @param spentMs milliseconds since the deploy began, from when restarts are counted. Default: 0. */
    readonly run: (app: EffectiveApp, runtime: Runtime, spentMs?: number) => Effect.Effect<Verdict>
    /** Runs a check once, for `status` and `doctor`. Never fails: a problem is the result. */
    readonly runCheck: (app: EffectiveApp, runtime: Runtime, check: Check) => Effect.Effect<CheckResult>
  }
>()("lastgood/health/HealthGate") {}
