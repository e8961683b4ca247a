/**
 * Records that an operator has seen an alert: does not observe the app and does not resume an attempt. For alerts without an
 * app, and for an app that is unusable, whose alert may be about that.
 */
import type { App } from "@lastgood/core/domain/App"
import { decide } from "@lastgood/core/domain/decide"
import { nextText } from "@lastgood/core/domain/Next"
import { dryRunOf } from "@lastgood/core/engine/dryRun"
import { Engine } from "@lastgood/core/engine/Engine"
import { Actor } from "@lastgood/core/engine/Observer"
import { CommandRejected } from "@lastgood/core/engine/Request"
import { withoutAttempt } from "@lastgood/core/engine/report"
import { unobservedCommand } from "@lastgood/core/engine/unobserved"
import * as Effect from "effect/Effect"

/**
 * @param alert its id or the beginning of it; empty: the only open one; null: all.
 * @param waitMs how long to wait for the claim, in milliseconds.
 * @returns the report, and the state after it.
 */
export const acknowledge = Effect.fn("Alerts.acknowledge")(function* (app: App, alert: string | null, waitMs: number) {
  const engine = yield* Engine
  const before = yield* engine.state(app)
  const decision = decide(before, yield* unobservedCommand({ _tag: "Acknowledge", alert }))
  if (decision._tag === "Rejected") {
    const { next, reason } = decision
    return yield* new CommandRejected({ app: app.name, reason, next: nextText(app.name, next) })
  }
  if (decision._tag === "Nothing") {
    return { report: withoutAttempt(app.name, before, { outcome: "nothing", why: decision.why }), state: before }
  }
  yield* engine.note(app, { _tag: "Acknowledged", alert, by: yield* Actor }, null, waitMs)
  const state = yield* engine.state(app)
  return { report: withoutAttempt(app.name, state, { outcome: "recorded" }), state }
})

/** What that would record. */
export const wouldAcknowledge = Effect.fn("Alerts.wouldAcknowledge")(function* (app: App, alert: string | null) {
  const state = yield* (yield* Engine).state(app)
  return dryRunOf(state, decide(state, yield* unobservedCommand({ _tag: "Acknowledge", alert })), [])
})
