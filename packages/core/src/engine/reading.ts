/** What the engine tells about an app without the claim. Changes nothing. */
import * as Effect from "effect/Effect"
import { Claims } from "../claim/Claims.ts"
import type { App, EffectiveApp, PluggedApp } from "../domain/App.ts"
import { decide } from "../domain/decide.ts"
import { driftDuring, driftNow } from "../domain/drift.ts"
import { advise, nextText } from "../domain/Next.ts"
import { driftRefusal } from "../domain/refuseDrift.ts"
import type { AppState } from "../domain/State.ts"
import type { SeenVolume } from "../domain/World.ts"
import { type Inspection, type Runtime, Runtimes } from "../runtime/Runtime.ts"
import { dryRunOf, resumedFirst } from "./dryRun.ts"
import { effectiveFor, versionsOf } from "./effective.ts"
import { captureBy, enginesFor, engineText } from "./engineNotes.ts"
import { Journal } from "./Journal.ts"
import { filterNotes } from "./leftOut.ts"
import { butUnasked } from "./looking.ts"
import { observe } from "./observe.ts"
import { observeUpgrade } from "./observeUpgrade.ts"
import { previewOf } from "./preview.ts"
import { type Finishing, type Request, type ToldRefusal, tell } from "./Request.ts"
import { releaseChanges } from "./releaseChanges.ts"
import { areSettingsChanged } from "./settingsChanged.ts"
import { isUnobserved, unobservedCommand } from "./unobserved.ts"
import { glanceAt, noRuntime } from "./watch.ts"
import { lookAtWorld } from "./world.ts"

/** An app as observed now, with its state from the log. */
export interface Look {
  readonly state: AppState
  readonly inspection: Inspection
  readonly volumes: ReadonlyArray<SeenVolume>
  /** How the app or its data differs from what lastgood left, and what to do; null: it does not. */
  readonly refusal: ToldRefusal | null
  /** The env file differs from the one that the running version was deployed with. */
  readonly envChanged: boolean
}

/** LAW-16: why an interrupted attempt is not resumed. */
const leftBehind = Effect.fnUntraced(function* (app: App, runtime: Runtime, state: AppState) {
  if ((yield* (yield* Claims).holder(app)) !== null) return null
  const { seen } = yield* lookAtWorld(app, runtime, state)
  const drift = driftDuring(state, seen)
  if (drift === null) return null
  return tell(app.name, driftRefusal(state, drift, seen))
})

export const preview = Effect.fn("Engine.preview")(function* (
  app: PluggedApp,
  request: Extract<Request, { _tag: "Upgrade" }>
) {
  const runtime = yield* (yield* Runtimes).get(app.runtime)
  const state = yield* (yield* Journal).load(app.name)
  const left = state.attempt === null ? null : yield* leftBehind(app, runtime, state)
  if (state.attempt !== null && left !== null) {
    const { gate, next, reason } = left
    const shown = previewOf(yield* effectiveFor(app, runtime, versionsOf(state.attempt)), state, null, [])
    return { ...shown, action: "refused" as const, steps: [], why: reason, next, refusal: { gate, reason, next } }
  }
  const { running } = state
  const { bytes, command, releaseNotes, versions } =
    state.attempt === null
      ? yield* observeUpgrade(app, runtime, state, request, yield* lookAtWorld(app, runtime, state)).pipe(
          Effect.map(({ target, ...seen }) => ({ ...seen, versions: { running, target: target ?? running } }))
        )
      : { bytes: null, command: null, releaseNotes: [], versions: versionsOf(state.attempt) }
  const effective = yield* effectiveFor(app, runtime, versions)
  const engines = yield* enginesFor(effective, runtime, state)
  const shown = previewOf(effective, state, command, releaseNotes, { bytes, by: captureBy(effective, engines) })
  const applied = advise`its env file has changed since it was deployed; to apply it: ${{ do: "Deploy" }}`
  const env = (yield* areSettingsChanged(app, runtime, state)) ? [nextText(app.name, applied)] : []
  const changes = yield* releaseChanges(app, runtime, versions.running, versions.target)
  const filtered = yield* filterNotes(effective, runtime, state)
  const why = shown.action === "nothing" ? shown.why + butUnasked(app, request) : shown.why
  const captures = shown.action === "nothing" ? [] : engines.map(engineText)
  return { ...shown, ...changes, why, notes: [...shown.notes, ...env, ...filtered, ...captures] }
})

export const dryRun = Effect.fn("Engine.dryRun")(function* (
  app: PluggedApp,
  request: Exclude<Finishing, { _tag: "Resume" }>
) {
  const state = yield* (yield* Journal).load(app.name)
  if (isUnobserved(request)) return dryRunOf(state, decide(state, yield* unobservedCommand(request)), [])
  if (state.attempt !== null) return resumedFirst(state)
  const runtime = yield* (yield* Runtimes).get(app.runtime)
  const world = yield* lookAtWorld(app, runtime, state)
  const { command, releaseNotes } = yield* observe(app, runtime, state, request, world, false)
  const shown = dryRunOf(state, decide(state, command), releaseNotes)
  return shown.action === "nothing" ? { ...shown, why: shown.why + butUnasked(app, request) } : shown
})

export const effective = Effect.fn("Engine.effective")(function* (app: PluggedApp) {
  const { running } = yield* (yield* Journal).load(app.name)
  return yield* effectiveFor(app, yield* (yield* Runtimes).get(app.runtime), { running, target: running })
})

export const look = Effect.fnUntraced(function* (app: App) {
  const runtime = yield* (yield* Runtimes).get(app.runtime)
  const state = yield* (yield* Journal).load(app.name)
  const { inspection, seen } = yield* lookAtWorld(app, runtime, state)
  const drift = driftNow(state, seen)
  const envChanged = yield* areSettingsChanged(app, runtime, state)
  const refusal = drift === null ? null : tell(app.name, driftRefusal(state, drift, seen))
  const found: Look = { state, inspection, volumes: seen.volumes, refusal, envChanged }
  return found
})

export const glance = (app: EffectiveApp) =>
  Runtimes.use((runtimes) => runtimes.get(app.runtime)).pipe(
    Effect.flatMap((runtime) => glanceAt(app, runtime)),
    Effect.catch((error) => Effect.succeed(noRuntime(error)))
  )
