/**
 * The watch over one app between its passes: a health check every `health.watch`, cheap enough for a host of many apps. It
 * judges apps that should run and that no process works on; passes and operators handle everything else.
 */
import type { EffectiveApp, PluggedApp } from "@lastgood/core/domain/App"
import type { Ref } from "@lastgood/core/domain/Ref"
import type { AppState } from "@lastgood/core/domain/State"
import { watchedVersion } from "@lastgood/core/domain/watching"
import { about } from "@lastgood/core/engine/about"
import { Engine } from "@lastgood/core/engine/Engine"
import type { Glance } from "@lastgood/core/engine/watch"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { begin, type Course, follow } from "./episode.ts"
import type { KeptWorld } from "./keptWorld.ts"
import { tidy } from "./tidy.ts"

/** The memory of one app between checks. It ends with the daemon; the log has every fact that counts (LAW-6). */
export interface Memory {
  readonly course: Course
  /** The newest event of the log before the state was read. */
  readonly head: string
  /** If its version changes, a process worked on the app meanwhile. */
  readonly state: AppState
  readonly app: PluggedApp
  readonly running: Ref
  /** The checks of the last look, if all of them passed. Time in epoch milliseconds. */
  readonly passed: { readonly at: number; readonly checks: Glance["checks"] } | null
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

const judged = Effect.fnUntraced(function* (app: PluggedApp, before: Memory | null, watchMs: number, head: string) {
  const engine = yield* Engine
  const state = before?.head === head ? before.state : yield* engine.state(app)
  const running = watchedVersion(state)
  if (running === null) return { memory: null, waitMs: watchMs, isLost: false }
  const isSame = before !== null && before.app === app && before.state.version === state.version
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
  const left = noted ? yield* engine.state(app) : state
  const isUnsure = (trouble !== null) !== (state.unhealthy !== null) && !noted
  const passed = glance.trouble === null ? { at: now, checks: glance.checks } : null
  return {
    memory: { course, head, state: left, app, running, effective, passed },
    waitMs: isUnsure ? Math.min(watchMs, confirmMs) : watchMs,
    isLost: noted && trouble?.gone === true
  }
})

/** For so many milliseconds, the looks share what they read of the log. */
const headMs = 250

/** The newest event of the log, read once for the looks of a moment. */
const makeHead = () => {
  let last = { hash: "", readAt: Number.NEGATIVE_INFINITY }
  return Effect.gen(function* () {
    const now = Number((yield* Clock.monotonicTimeNanos) / 1_000_000n)
    if (now - last.readAt >= headMs) last = { hash: yield* (yield* Engine).head, readAt: now }
    return last.hash
  })
}

export const makeLook = ({ provide }: Pick<KeptWorld, "provide">) => {
  const head = makeHead()
  /**
   * One check. Never fails: the next pass reports an error, unless a process works on the app.
   *
   * @param before the result of the previous check.
   */
  return (app: PluggedApp, before: Memory | null, watchMs: number): Effect.Effect<Look> =>
    tidy(app).pipe(
      Effect.andThen(head),
      Effect.flatMap((newest) => judged(app, before, watchMs, newest)),
      provide,
      Effect.catchCause((cause) =>
        Effect.as(Effect.logDebug("health not checked", cause), { memory: null, waitMs: watchMs, isLost: false })
      ),
      about({ app: app.name }),
      // Nothing of a check is sent (`telemetry/tracer.ts`), and an app is checked once a minute.
      Effect.withTracerEnabled(false)
    )
}
