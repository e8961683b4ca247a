/**
 * The watch over one app between its passes: a look every `health.watch`, cheap enough for a host of many apps. It judges
 * what should run and on what nobody works; everything else is left to the passes and to the operator.
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

/** What is kept of one app from look to look. Nothing of it outlives the daemon: the log has what counts (LAW-6). */
export interface Memory {
  readonly course: Course
  /** The version of the app's stream: another one means that somebody worked on the app meanwhile. */
  readonly version: number
  readonly app: PluggedApp
  readonly running: Ref
  /** Its labels cost more to read than a look. */
  readonly effective: EffectiveApp
}

/** Looked at sooner than at the next turn: to tell a blip from trouble, and that it is over. */
const confirmMs = 30_000

export interface Look {
  readonly memory: Memory | null
  /** Milliseconds until the next one. */
  readonly waitMs: number
  /** It has ended, and only lastgood starts it again. */
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
  if (noted && trouble !== null) yield* Effect.logError(`unhealthy: ${trouble.what}`)
  if (noted && trouble === null) yield* Effect.logInfo("healthy again")
  const version = noted ? (yield* engine.state(app)).version : state.version
  const isUnsure = (trouble !== null) !== (state.unhealthy !== null) && !noted
  return {
    memory: { course, version, app, running, effective },
    waitMs: isUnsure ? Math.min(watchMs, confirmMs) : watchMs,
    isLost: noted && trouble?.gone === true
  }
})

/**
 * One look. Never fails: what keeps it from looking is told at the next pass, or is an attempt that is being worked on.
 *
 * @param before what the look before came to.
 */
export const look = (world: World, app: PluggedApp, before: Memory | null, watchMs: number): Effect.Effect<Look> =>
  Effect.andThen(tidy(app), judged(app, before, watchMs)).pipe(
    Effect.provide(Layer.fresh(world)),
    Effect.catchCause((cause) =>
      Effect.as(Effect.logDebug("not looked at", cause), { memory: null, waitMs: watchMs, isLost: false })
    ),
    about({ app: app.name })
  )
