/**
 * The watch over one app between its passes: a health check every `health.watch`, cheap enough for a host of many apps. It
 * judges apps that should run and that no process works on; passes and operators handle everything else.
 */
import type { EffectiveApp, PluggedApp } from "@lastgood/core/domain/App"
import type { Ref } from "@lastgood/core/domain/Ref"
import { watchedVersion } from "@lastgood/core/domain/watching"
import { about } from "@lastgood/core/engine/about"
import { Engine } from "@lastgood/core/engine/Engine"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { begin, type Course, follow } from "./episode.ts"
import type { World } from "./pass.ts"
import { tidy } from "./tidy.ts"

/** The memory of one app between checks. It ends with the daemon; the log has every fact that counts (LAW-6). */
export interface Memory {
  readonly course: Course
  /** The version of the app's stream. A change means that a process worked on the app meanwhile. */
  readonly version: number
  readonly app: PluggedApp
  readonly running: Ref
  /** Kept, because reading the labels costs more than a check. */
  readonly effective: EffectiveApp
}

/** Time between checks while the result changes, to tell a blip from trouble quickly. */
const confirmMs = 30_000

export interface Look {
  readonly memory: Memory | null
  /** Milliseconds until the next check. */
  readonly waitMs: number
  /** The app has ended, and only lastgood starts it again. */
  readonly isLost: boolean
}

const judged = Effect.fnUntraced(function* (app: PluggedApp, before: Memory | null, watchMs: number) {
  const engine = yield* Engine
  const state = yield* engine.state(app)
  const running = watchedVersion(state)
  if (running === null) return { memory: null, waitMs: watchMs, isLost: false }
  const isSame = before !== null && before.app === app && before.version === state.version
  const effective = isSame ? before.effective : yield* engine.effective(app)
  const glance = yield* engine.glance(effective)
  const now = yield* Clock.currentTimeMillis
  const { course, trouble, verdict } = follow(isSame ? before.course : begin, glance, now, app.gate.stableForMs)
  const changes =
    (verdict === "unhealthy" && state.unhealthy === null) || (verdict === "well" && state.unhealthy !== null)
  const noted = !changes
    ? false
    : yield* trouble === null
        ? engine.note(app, { _tag: "Well", by: "itself" }, state.version)
        : engine.note(app, { _tag: "Unhealthy", trouble, since: course.failingSince ?? now }, state.version)
  // The events AppUnhealthy and AppRecovered say it too.
  const said = trouble === null ? Effect.logInfo("healthy again") : Effect.logError(`unhealthy: ${trouble.what}`)
  if (noted) yield* Effect.annotateLogs(said, { summary: true })
  const version = noted ? (yield* engine.state(app)).version : state.version
  const isUnsure = (trouble !== null) !== (state.unhealthy !== null) && !noted
  return {
    memory: { course, version, app, running, effective },
    waitMs: isUnsure ? Math.min(watchMs, confirmMs) : watchMs,
    isLost: noted && trouble?.gone === true
  }
})

/**
 * One check. Never fails: the next pass reports an error, unless a process works on the app.
 *
 * @param before the result of the previous check.
 */
export const look = (world: World, app: PluggedApp, before: Memory | null, watchMs: number): Effect.Effect<Look> =>
  Effect.andThen(tidy(app), judged(app, before, watchMs)).pipe(
    Effect.provide(Layer.fresh(world)),
    Effect.catchCause((cause) =>
      Effect.as(Effect.logDebug("health not checked", cause), { memory: null, waitMs: watchMs, isLost: false })
    ),
    about({ app: app.name }),
    // Nothing of a check is sent (`telemetry/tracer.ts`), and an app is checked once a minute.
    Effect.withTracerEnabled(false)
  )
