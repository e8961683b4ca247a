/**
 * One pass over one app: finish what was begun, bring back what the host lost, upgrade if a newer version may be taken.
 * It never fails: an app's trouble is its own outcome and stops no other app.
 */
import type { EffectiveApp, PluggedApp } from "@lastgood/core/domain/App"
import { traitsOf } from "@lastgood/core/domain/RuntimeKind"
import { isProvenWell } from "@lastgood/core/domain/State"
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

/** What a pass came to. `skipped`: another lastgood works on the app. */
export interface PassResult {
  readonly app: string
  readonly outcome: Report["outcome"] | "skipped" | "error"
  readonly why: string
  readonly next: string
  /** Of a pass that judges: why the app, which should run, is not well; null: it is. */
  readonly trouble: string | null
}

/**
 * Without an engine, processes do not come back by themselves after a reboot or a crash, as a swarm's services do. An
 * app that an operator took down through lastgood, or that was left down, is not touched.
 *
 * @param expected it was lost with the host, or with the lastgood that worked on it: that is nothing to alert anybody of.
 */
const revive = Effect.fnUntraced(function* (app: PluggedApp, expected: boolean) {
  if (traitsOf(app).startsAgain) return null
  const engine = yield* Engine
  const { running, attempt, version } = yield* engine.state(app)
  if (running === null || attempt !== null) return null
  const inspection = yield* (yield* (yield* Runtimes).get(app.runtime)).inspect(app)
  // One that is frozen is left to whoever froze it.
  if (inspection.converged || !isGone(app, inspection)) return null
  const what = describeDown(inspection) ?? ""
  yield* Effect.logWarning(`${running.version} should run and does not (${what})`)
  if (!expected) {
    const since = yield* Clock.currentTimeMillis
    yield* engine.note(app, { _tag: "Unhealthy", trouble: { what, gone: true, checks: [] }, since }, version)
  }
  return yield* engine.run(app, { _tag: "Deploy", to: running.version, fetch: false })
})

/** An attempt that ended well came after the look, and has asked the health gate. */
const withTrouble = (app: PluggedApp, { outcome, why, next }: Report, judged: Judged | null): PassResult => {
  const base = { app: app.name, outcome, why, next, trouble: null }
  if (judged === null || isProvenWell(outcome)) return base
  if (outcome === "nothing")
    return { ...base, outcome: "error", why: judged.what, next: judged.next, trouble: judged.what }
  const all = [why, judged.what].filter((one) => one !== "")
  return { ...base, why: [...new Set(all)].join("; "), trouble: judged.what }
}

/** What a pass works with: opened for each pass, so that one which could not be opened, or was replaced, is so again. */
export type World = Layer.Layer<Engine | Runtimes, StoreUnavailable>

/** Is an attempt in flight? Its app may be down until it is finished. What cannot be told is told by the pass itself. */
export const isInFlight = (world: World, app: PluggedApp): Effect.Effect<boolean> =>
  Engine.use((engine) => engine.state(app)).pipe(
    Effect.map(({ attempt }) => attempt !== null),
    Effect.provide(Layer.fresh(world)),
    Effect.catchCause(() => Effect.succeed(false))
  )

/** Without its recipe's labels where they cannot be told. */
export const effective = (world: World, app: PluggedApp): Effect.Effect<EffectiveApp> =>
  Engine.use((engine) => engine.effective(app)).pipe(
    Effect.provide(Layer.fresh(world)),
    Effect.catchCause(() => Effect.succeed(withoutLabels(app)))
  )

/**
 * @param upgrade false: only finish and bring back (at start, when the app's schedule says when to upgrade).
 * @param fetch ask the recipe's remote for newer versions.
 * @param judge also report whether the app is healthy, for a pass after which nothing watches it.
 * @param afterBoot the host has just started: what it lost then is brought back without an alert.
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
    // Also after an attempt was finished: when it was a reboot that interrupted it, what it had deployed is gone.
    const expected = options.afterBoot || finished.outcome !== "nothing"
    // Nothing is started over a world that was just refused (LAW-16).
    const mayRevive = finished.outcome !== "unhealthy" && finished.outcome !== "refused"
    const revived = mayRevive ? yield* revive(app, expected) : null
    const brought = revived !== null && revived.outcome !== "nothing"
    if (brought && (finished.outcome === "nothing" || revived.outcome !== "committed")) {
      // It should run, and nothing will start it: its data is missing, or another gate says no.
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
    // Somebody took it down for good: nobody waits for an upgrade of it.
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
