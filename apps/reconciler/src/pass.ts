/**
 * One pass over one app: finish an attempt in flight, restart an app that the host lost, upgrade if a newer version is
 * allowed. It never fails: an error is the outcome of that app and does not stop other apps.
 */
import type { EffectiveApp, PluggedApp } from "@lastgood/core/domain/App"
import { traitsOf } from "@lastgood/core/domain/RuntimeKind"
import { type AppState, isProvenWell } from "@lastgood/core/domain/State"
import { about } from "@lastgood/core/engine/about"
import { describeDown } from "@lastgood/core/engine/describeDown"
import { Engine } from "@lastgood/core/engine/Engine"
import { withoutLabels } from "@lastgood/core/engine/effective"
import type { Report } from "@lastgood/core/engine/Request"
import { isGone } from "@lastgood/core/engine/watch"
import type { StoreUnavailable } from "@lastgood/core/log/EventStore"
import { Runtimes } from "@lastgood/core/runtime/Runtime"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type Judged, judge } from "./judge.ts"
import { tidy } from "./tidy.ts"

/** The outcome of a pass. `skipped`: another process works on the app. */
export interface PassResult {
  readonly app: string
  readonly outcome: Report["outcome"] | "skipped" | "error"
  readonly why: string
  readonly next: string
  /** For a pass with health checks: why an app that should run is unhealthy; null: it is healthy. */
  readonly trouble: string | null
}

/**
 * Without an engine, nothing restarts processes after a reboot or a crash, as a swarm restarts its services. An app that an
 * operator took down through lastgood, or that was left down, is not touched.
 *
 * @param expected the app was lost with the host or with a lastgood process, which needs no alert.
 */
const revive = Effect.fnUntraced(function* (app: PluggedApp, expected: boolean) {
  if (traitsOf(app).startsAgain) return null
  const engine = yield* Engine
  const { running, attempt, version } = yield* engine.state(app)
  if (running === null || attempt !== null) return null
  const inspection = yield* (yield* (yield* Runtimes).get(app.runtime)).inspect(app)
  // A frozen app stays frozen.
  if (inspection.converged || !isGone(app, inspection)) return null
  const what = describeDown(inspection) ?? ""
  yield* Effect.logWarning(`${running.version} should be running, but is not (${what})`)
  if (!expected) {
    const since = yield* Clock.currentTimeMillis
    yield* engine.note(app, { _tag: "Unhealthy", trouble: { what, gone: true, checks: [] }, since }, version)
  }
  return yield* engine.run(app, { _tag: "Deploy", to: running.version, fetch: false })
})

/** A successful attempt came after the observation and has passed the health gate. */
const withTrouble = (app: PluggedApp, { outcome, why, next }: Report, judged: Judged | null): PassResult => {
  const base = { app: app.name, outcome, why, next, trouble: null }
  if (judged === null || isProvenWell(outcome)) return base
  if (outcome === "nothing")
    return { ...base, outcome: "error", why: judged.what, next: judged.next, trouble: judged.what }
  const all = [why, judged.what].filter((one) => one !== "")
  return { ...base, why: [...new Set(all)].join("; "), trouble: judged.what }
}

/** The services of a pass, opened for each pass, so that a log that could not be opened or was replaced is opened again. */
export type World = Layer.Layer<Engine | Runtimes, StoreUnavailable>

/** Whether an attempt is in flight, so that its app may be down. An error counts as no; the pass reports it. */
export const isInFlight = (world: World, app: PluggedApp): Effect.Effect<boolean> =>
  Engine.use((engine) => engine.state(app)).pipe(
    Effect.map(({ attempt }) => attempt !== null),
    Effect.provide(Layer.fresh(world)),
    Effect.catchCause(() => Effect.succeed(false))
  )

/** The refusal in the app's state; null: none, or the log cannot be read, which the pass reports. */
export const refusalOf = (world: World, app: PluggedApp): Effect.Effect<AppState["refused"]> =>
  Engine.use((engine) => engine.state(app)).pipe(
    Effect.map(({ refused }) => refused),
    Effect.provide(Layer.fresh(world)),
    Effect.catchCause(() => Effect.succeed(null))
  )

/** The effective settings, without labels if these cannot be read. */
export const effective = (world: World, app: PluggedApp): Effect.Effect<EffectiveApp> =>
  Engine.use((engine) => engine.effective(app)).pipe(
    Effect.provide(Layer.fresh(world)),
    Effect.catchCause(() => Effect.succeed(withoutLabels(app)))
  )

/**
 * @param upgrade false: only finish and restart (at the daemon's start, if the app has a schedule).
 * @param fetch fetch newer versions from the recipe's remote.
 * @param judge also check the app's health, for a pass without a watch.
 * @param afterBoot the host has just started: apps that it lost are restarted without an alert.
 */
export const pass = Effect.fn("Reconciler.pass")(function* (
  world: World,
  app: PluggedApp,
  options: { readonly upgrade: boolean; readonly fetch: boolean; readonly afterBoot: boolean; readonly judge: boolean }
) {
  let trouble: Judged | null = null
  const work = Effect.gen(function* () {
    yield* tidy(app)
    const engine = yield* Engine
    const finished = yield* engine.run(app, { _tag: "Resume" })
    // Also after a resumed attempt: if a reboot interrupted it, the app that it had deployed is down.
    const expected = options.afterBoot || finished.outcome !== "nothing"
    // No version is started on drift that was just refused (LAW-16).
    const mayRevive = finished.outcome !== "unhealthy" && finished.outcome !== "refused"
    const revived = mayRevive ? yield* revive(app, expected) : null
    const brought = revived !== null && revived.outcome !== "nothing"
    if (brought && (finished.outcome === "nothing" || revived.outcome !== "committed")) {
      // The app should run but cannot be started: its data is missing, or another gate refuses.
      if (revived.outcome === "refused") trouble = { what: revived.why, next: revived.next }
      return revived
    }
    if (finished.outcome === "refused") {
      const { inspection } = yield* engine.look(app)
      if (!inspection.converged) trouble = { what: finished.why, next: finished.next }
      return finished
    }
    if (options.judge && !isProvenWell(finished.outcome) && finished.outcome !== "unhealthy")
      trouble = yield* judge(app)
    if (finished.outcome !== "nothing") return finished
    // An operator took the app down, so it needs no upgrade.
    if ((yield* engine.state(app)).down?.asked === true) return finished
    return options.upgrade
      ? yield* engine.run(app, { _tag: "Upgrade", to: null, trigger: "reconciler", fetch: options.fetch })
      : finished
  })
  const result: PassResult = yield* work.pipe(
    about({ app: app.name }),
    Effect.provide(Layer.fresh(world)),
    Effect.map((report): PassResult => withTrouble(app, report, trouble)),
    Effect.catchTag("Locked", (error) =>
      Effect.succeed<PassResult>({ app: app.name, outcome: "skipped", why: error.message, next: "", trouble: null })
    ),
    Effect.catch((error) =>
      Effect.succeed<PassResult>({
        app: app.name,
        outcome: "error",
        why: error.message,
        next: "next" in error ? error.next : "",
        trouble: null
      })
    ),
    Effect.catchDefect((defect) =>
      Effect.succeed<PassResult>({
        app: app.name,
        outcome: "error",
        why: `a bug in lastgood: ${String(defect)}`,
        next: "report it",
        trouble: null
      })
    )
  )
  return result
})
