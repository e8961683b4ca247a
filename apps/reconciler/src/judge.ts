/** What a single pass says of an app's health, where nobody watches it afterwards: `reconcile --once`. */

import type { PluggedApp } from "@lastgood/core/domain/App"
import { forApp, nextText } from "@lastgood/core/domain/Next"
import { watchedVersion } from "@lastgood/core/domain/watching"
import { Engine } from "@lastgood/core/engine/Engine"
import { withoutLabels } from "@lastgood/core/engine/effective"
import type { Noted } from "@lastgood/core/engine/watch"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

/** How long an app may take that has just come up, or is being restarted: less than that is a blip. */
const patienceMs = 30_000

export interface Judged {
  readonly what: string
  readonly next: string
}

const next = (app: PluggedApp) => nextText(app.name, { do: "Doctor" })

/** Looks until it passes, or nothing can make it pass any more, or patience is over. */
const lastGlance = Effect.fnUntraced(function* (app: PluggedApp) {
  const engine = yield* Engine
  const effective = yield* engine.effective(app).pipe(Effect.orElseSucceed(() => withoutLabels(app)))
  const since = yield* Clock.currentTimeMillis
  const until = since + Math.min(app.gate.deadlineMs, patienceMs)
  while (true) {
    const { trouble } = yield* engine.glance(effective)
    const now = yield* Clock.currentTimeMillis
    if (trouble === null || trouble.gone || now >= until) return { trouble, since }
    yield* Effect.sleep(Math.min(app.gate.intervalMs, until - now))
  }
})

/** @returns why an app that should run is not well; null: it is, or it should not run. Recorded once, as by the watch. */
export const judge = Effect.fn("Reconciler.judge")(function* (app: PluggedApp) {
  const engine = yield* Engine
  const state = yield* engine.state(app)
  if (state.down !== null) {
    const { asked, next, reason } = state.down
    const left: Judged = { what: `left down: ${reason}`, next: forApp(app.name, next) }
    return asked ? null : left
  }
  if (watchedVersion(state) === null) return null
  const { trouble, since } = yield* lastGlance(app)
  const note = (noted: Noted) =>
    // Whoever works on it now judges it at the end.
    Effect.catchTag(engine.note(app, noted, state.version), "Locked", () => Effect.succeed(false))
  if (trouble === null) {
    if (state.unhealthy !== null) yield* note({ _tag: "Well", by: "itself" })
    return null
  }
  yield* note({ _tag: "Unhealthy", trouble, since })
  const judged: Judged = { what: `not healthy: ${trouble.what}`, next: next(app) }
  return judged
})
