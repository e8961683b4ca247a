/**
 * What is wrong with the configuration of a running daemon, as alerts: of the app whose plugin or settings are broken, or of
 * the host where it is the file itself. Delivered as every alert is, from the log.
 */
import type { App } from "@lastgood/core/domain/App"
import { alertsOf, undeliveredAlerts, unresolvedAlerts } from "@lastgood/core/domain/alerts"
import { type ConfigProblem, configEvents } from "@lastgood/core/domain/configAlerts"
import type { AppState } from "@lastgood/core/domain/State"
import { about } from "@lastgood/core/engine/about"
import { Engine, type EngineError } from "@lastgood/core/engine/Engine"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Trouble } from "./Configuration.ts"
import { hostApp, hostName } from "./namedApp.ts"
import type { World } from "./pass.ts"

/** As long as a step of an attempt that has to be waited for. */
const waitMs = 60 * 60_000

/** Is there anything to record or to deliver? If not, nobody is kept from the app. */
type IsDue = (state: AppState, problems: ReadonlyArray<ConfigProblem>) => boolean

const differs: IsDue = (state, problems) => configEvents(state, problems, "") !== null
const isOwed: IsDue = (state, problems) => differs(state, problems) || undeliveredAlerts(state).length > 0
/** A sink that is new to the log is owed alerts that no other one is. */
const hasAny: IsDue = (state, problems) => differs(state, problems) || alertsOf(state).length > 0

const byStream = (root: string, troubles: ReadonlyArray<Trouble>) =>
  Map.groupBy(
    troubles.map(({ app, isTrusted, why, next }) =>
      // Nothing is written into a folder that somebody else could have made.
      app === null || !isTrusted
        ? { app: hostApp(root), why: app === null ? why : `${app.name}: ${why}`, next }
        : { app, why, next }
    ),
    ({ app }) => app.name
  )

const inWorld = (world: World, app: App, effect: Effect.Effect<void, EngineError, Engine>) =>
  effect.pipe(
    Effect.provide(Layer.fresh(world)),
    Effect.catchTag("Locked", (error) => Effect.logDebug(error.message)),
    Effect.catchCause((cause) =>
      Effect.logWarning("its alerts about the configuration were not brought up to date", cause)
    ),
    about({ app: app.name })
  )

/** Where no daemon runs that could: delivers what it raised, and leaves open what is open. */
export const deliverHostAlerts = (world: World, root: string) => {
  const host = hostApp(root)
  const deliver = Effect.gen(function* () {
    const engine = yield* Engine
    const state = yield* engine.state(host)
    if (undeliveredAlerts(state).length === 0) return
    const problems = unresolvedAlerts(state, ["config"])
    yield* engine.note(host, { _tag: "Configuration", problems }, state.version)
  })
  return inWorld(world, host, deliver)
}

export const makeConfigAlerts = (world: World, root: string) => {
  const host = hostApp(root)
  /** By stream, what is wrong now. */
  let wrong: ReturnType<typeof byStream> = new Map()
  /** Apps into whose folders nothing is written; their own alerts stay as they are. */
  let untrusted: ReadonlySet<string> = new Set()
  /** Whose alerts may be other than that; the host's may be from before this daemon was started. */
  const open = new Map<string, App>([[hostName, host]])

  const settle = (app: App, isDue: IsDue, wait: number) => {
    if (untrusted.has(app.name)) return Effect.void
    const settled = Effect.gen(function* () {
      const engine = yield* Engine
      const state = yield* engine.state(app)
      const problems = wrong.get(app.name) ?? []
      // An app that lastgood has never worked on has no log to be told in; the daemon's own log says it.
      if ((state.version > 0 || app.name === hostName) && isDue(state, problems)) {
        const domain = app.domain === "" ? (state.registered?.domain ?? "") : app.domain
        yield* engine.note({ ...app, domain }, { _tag: "Configuration", problems }, null, wait)
      }
      if (problems.length === 0 && app.name !== hostName) open.delete(app.name)
    })
    return inWorld(world, app, settled)
  }

  const all = (isDue: IsDue, wait: number) =>
    Effect.forEach([...open.values()], (app) => settle(app, isDue, wait), {
      concurrency: "unbounded",
      discard: true
    })

  return {
    /** Raises alerts for what is wrong now, and resolves those of what is not any more. Waits for whoever works on an app. */
    raise: (troubles: ReadonlyArray<Trouble>) =>
      Effect.suspend(() => {
        wrong = byStream(root, troubles)
        untrusted = new Set(troubles.flatMap(({ app, isTrusted }) => (app === null || isTrusted ? [] : [app.name])))
        for (const [name, [first]] of wrong) if (first !== undefined) open.set(name, first.app)
        return all(hasAny, waitMs)
      }),
    /** After a pass over the app: resolves what was raised by an earlier daemon. */
    afterPass: (app: App) => settle(app, differs, 0),
    /** What could not be recorded, or delivered, when it was raised. */
    retry: Effect.suspend(() => all(isOwed, 0))
  }
}
