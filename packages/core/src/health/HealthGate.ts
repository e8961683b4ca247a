/**
 * Port: the health gate. Runs all checks of an app every `intervalMs` until each has passed for `stableForMs` without a
 * failure in between, or `deadlineMs` is over, or waiting is of no use: a process ended for good, or a service was started
 * again twice since the deploy.
 * A failing gate is an answer, not an error: `passed` false, with the evidence of what was seen, how often, and when.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { EffectiveApp } from "../domain/App.ts"
import type { Check } from "../domain/Check.ts"
import type { CheckEvidence } from "../domain/Event.ts"
import type { Runtime } from "../runtime/Runtime.ts"

/** One look of one check. `dead`: no further look can pass. */
export interface Look {
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
    /** @param spentMs since the deploy began: what was started again since then counts as a loop. Default: 0. */
    readonly run: (app: EffectiveApp, runtime: Runtime, spentMs?: number) => Effect.Effect<Verdict>
    /** One look, for `status` and `doctor`. Never fails: what went wrong is what was seen. */
    readonly look: (app: EffectiveApp, runtime: Runtime, check: Check) => Effect.Effect<Look>
  }
>()("lastgood/health/HealthGate") {}
