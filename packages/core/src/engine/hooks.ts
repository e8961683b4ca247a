/**
 * Hooks of an app's plugin, beside the steps. On the way forward one that fails, fails its step, and what follows from
 * that follows: nothing was touched yet, or the way back. The way back itself is never stopped by a hook: bringing the app
 * back comes first.
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
  /** Stops the attempt; null: nothing does. */
  readonly failed: Event | null
}

export const none: Ran = { events: [], failed: null }

/** From which version to which, in the attempt's present direction. */
const moveOf = (a: Attempt): Move => ({ from: a.direction === "back" ? a.attempted : fromOf(a), to: targetOf(a) })

/** Runs the hooks of one moment in the order of the plugin, up to the first that fails on the way forward. */
export const hooksOf = Effect.fn("Engine.hooksOf")(function* (work: Work, step: PerformedStep, when: HookMoment) {
  const { app, attempt, runtime } = work
  const { extension } = app
  if (extension === null) return none
  const events: Array<Event> = []
  const { plugin } = extension
  const failedWith = (reason: string): Event =>
    make("StepFailed", { step, error: "HookFailed", reason, next: "see to what the hook says, or correct the plugin" })
  // Work of a hook that went on after its answer, and failed: as if the hook itself had.
  const broke = extension.home?.brokeLater() ?? null
  if (broke !== null) {
    const output = textReturned(app, broke)
    events.push(make("HookRan", { plugin, step, when, ok: false, output, tookMs: 0 }))
    if (attempt.direction !== "back") {
      return { events, failed: failedWith(`the plugin ${plugin} broke after one of its hooks: ${output}`) }
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
