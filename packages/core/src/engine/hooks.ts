/**
 * Hooks of an app's plugin, before and after steps. A failed hook of a forward step fails the step. A hook never stops a
 * rollback: recovering the app comes first.
 */

import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { type Attempt, fromOf, kindOf, targetOf } from "../domain/Attempt.ts"
import { type Event, make } from "../domain/Event.ts"
import type { HookMoment, Move } from "../domain/Extension.ts"
import type { PerformedStep } from "../domain/Plan.ts"
import { callInTime, textReturned } from "../plugin/callInside.ts"
import { millisSince, type Work } from "./steps/Work.ts"

export interface Ran {
  readonly events: ReadonlyArray<Event>
  /** The failure that stops the attempt; null: none. */
  readonly failed: Event | null
}

export const none: Ran = { events: [], failed: null }

/** From which version to which, in the attempt's current direction. */
const moveOf = (a: Attempt): Move => ({
  from: a.direction === "back" ? a.attempted : fromOf(a),
  to: a.direction === "forward" && a.kind === "stop" ? null : targetOf(a)
})

/** Runs the hooks of one moment in the order of the plugin; in a forward step, up to the first that fails. */
export const hooksOf = Effect.fn("Engine.hooksOf")(function* (work: Work, step: PerformedStep, when: HookMoment) {
  const { app, attempt, runtime } = work
  const { extension } = app
  if (extension === null) return none
  const events: Array<Event> = []
  const { plugin } = extension
  const failedWith = (reason: string): Event =>
    make("StepFailed", {
      step,
      error: "HookFailed",
      reason,
      next: "correct the problem that the hook names, or the plugin"
    })
  // A hook whose work failed after it had returned counts as a failed hook.
  const broke = extension.home?.brokeLater() ?? null
  if (broke !== null) {
    const output = textReturned(app, broke)
    events.push(make("HookRan", { plugin, step, when, ok: false, output, tookMs: 0 }))
    if (attempt.direction !== "back") {
      return { events, failed: failedWith(`the plugin ${plugin} crashed after one of its hooks: ${output}`) }
    }
  }
  for (const hook of extension.hooks.filter((one) => one.step === step && one.when === when)) {
    const start = yield* Clock.currentTimeMillis
    const told = { ...moveOf(attempt), attempt: attempt.id, kind: kindOf(attempt), direction: attempt.direction }
    const ran = yield* Effect.result(
      callInTime(app, runtime, hook.timeoutMs, (inside) => hook.run({ ...inside, ...told }))
    )
    const ok = ran._tag === "Success"
    const output = ok ? textReturned(app, ran.success) : ran.failure
    events.push(make("HookRan", { plugin, step, when, ok, output, tookMs: yield* millisSince(start) }))
    if (ok || attempt.direction === "back") continue
    return { events, failed: failedWith(`the hook ${when} ${step} of the plugin ${plugin} failed: ${output}`) }
  }
  return { events, failed: null }
})
