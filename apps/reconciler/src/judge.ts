/** Checks an app's health in a single pass without a watch: `reconcile --once`. */

import type { PluggedApp } from "@lastgood/core/domain/App"
import { forApp, nextText } from "@lastgood/core/domain/Next"
import { watchedVersion } from "@lastgood/core/domain/watching"
import { Engine } from "@lastgood/core/engine/Engine"
import { withoutLabels } from "@lastgood/core/engine/effective"
import type { Noted } from "@lastgood/core/engine/watch"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

/** How long an app may take that has just started or restarts. */
const patienceMs = 30_000

export interface Judged {
  readonly what: string
  readonly next: string
}

const next = (app: PluggedApp) => nextText(app.name, { do: "Doctor" })

/** Checks until the app is healthy, cannot become healthy, or the time is over. */
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

/** @returns why an app that should run is unhealthy; null: it is healthy or should not run. Recorded once, as by the watch. */
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
    // The process that works on it now judges it at the end.
    Effect.catchTag(engine.note(app, noted, state.version), "Locked", () => Effect.succeed(false))
  if (trouble === null) {
    if (state.unhealthy !== null) yield* note({ _tag: "Well", by: "itself" })
    return null
  }
  yield* note({ _tag: "Unhealthy", trouble, since })
  const judged: Judged = { what: `not healthy: ${trouble.what}`, next: next(app) }
  return judged
})
