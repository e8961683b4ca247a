/**
 * Alerts about the configuration of a running daemon: of the app whose plugin or settings are broken, or of the host for the
 * file itself. Delivered from the log like every alert.
 */
import type { App } from "@lastgood/core/domain/App"
import { alertsOf, undeliveredAlerts, unresolvedAlerts } from "@lastgood/core/domain/alerts"
import { type ConfigProblem, configEvents } from "@lastgood/core/domain/configAlerts"
import type { AppState } from "@lastgood/core/domain/State"
import { about } from "@lastgood/core/engine/about"
import { Engine } from "@lastgood/core/engine/Engine"
import type { EngineError } from "@lastgood/core/engine/ports"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Trouble } from "./Configuration.ts"
import { hostApp, hostName } from "./namedApp.ts"
import type { World } from "./pass.ts"

/** How long to wait for the claim: as long as a step of an attempt may take. */
const waitMs = 60 * 60_000

/** Whether there is anything to record or to deliver. If not, the claim is not taken. */
type IsDue = (state: AppState, problems: ReadonlyArray<ConfigProblem>) => boolean

const differs: IsDue = (state, problems) => configEvents(state, problems, "") !== null
const isOwed: IsDue = (state, problems) => differs(state, problems) || undeliveredAlerts(state).length > 0
/** A new sink is owed alerts that the others have taken already. */
const hasAny: IsDue = (state, problems) => differs(state, problems) || alertsOf(state).length > 0

const byStream = (root: string, troubles: ReadonlyArray<Trouble>) =>
  Map.groupBy(
    troubles.map(({ app, isTrusted, why, next }) =>
      // Nothing is written into a folder that another user could have created.
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

/** Delivers the host's alerts if no daemon is running. Open ones stay open. */
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
  /** The present problems, by stream. */
  let wrong: ReturnType<typeof byStream> = new Map()
  /** Apps whose folders are not written to; their alerts do not change. */
  let untrusted: ReadonlySet<string> = new Set()
  /** Streams whose alerts may differ from the present problems; the host's may be from an earlier daemon. */
  const open = new Map<string, App>([[hostName, host]])

  const settle = (app: App, isDue: IsDue, wait: number) => {
    if (untrusted.has(app.name)) return Effect.void
    const settled = Effect.gen(function* () {
      const engine = yield* Engine
      const state = yield* engine.state(app)
      const problems = wrong.get(app.name) ?? []
      // An app that lastgood has never worked on has no events; the daemon's own log has the problem.
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
    /** Raises alerts for the present problems and resolves the others. Waits for the claim on an app. */
    raise: (troubles: ReadonlyArray<Trouble>) =>
      Effect.suspend(() => {
        wrong = byStream(root, troubles)
        untrusted = new Set(troubles.flatMap(({ app, isTrusted }) => (app === null || isTrusted ? [] : [app.name])))
        for (const [name, [first]] of wrong) if (first !== undefined) open.set(name, first.app)
        return all(hasAny, waitMs)
      }),
    /** After a pass over the app: resolves alerts of an earlier daemon. */
    afterPass: (app: App) => settle(app, differs, 0),
    /** Retries alerts that could not be recorded or delivered. */
    retry: Effect.suspend(() => all(isOwed, 0))
  }
}
