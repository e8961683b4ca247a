/**
 * What is wrong with the configuration of a running daemon, as alerts: of the app whose plugin or settings are broken, or of
 * the host where it is the file itself. Delivered as every alert is, from the log.
 */
import { join } from "node:path"
import { defaultSettings } from "@lastgood/core/config/defaults"
import type { App } from "@lastgood/core/domain/App"
import { Engine } from "@lastgood/core/engine/Engine"
import type { Noted } from "@lastgood/core/engine/watch"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Trouble } from "./Configuration.ts"
import type { World } from "./pass.ts"

/** A stream of its own for what belongs to no app: no app can have this name. */
export const hostApp = (root: string): App => ({
  ...defaultSettings,
  name: "_host",
  recipe: "",
  recipeName: "",
  runtime: "local",
  domain: "",
  stack: "_host",
  envFile: null,
  volumes: [],
  dir: join(root, "_host"),
  extension: null
})

/** As long as a step of an attempt that has to be waited for. */
const waitMs = 60 * 60_000

const note = (world: World, app: App, noted: Noted) =>
  Engine.use((engine) => engine.note(app, noted, null, waitMs)).pipe(
    Effect.provide(Layer.fresh(world)),
    Effect.catchCause((cause) =>
      Effect.logWarning(`${app.name}: an alert about its configuration was not raised`, cause)
    )
  )

/** An app that lastgood has never worked on has no log to be told in; the daemon's own log says it. */
const isKnown = (world: World, app: App) =>
  Engine.use((engine) => engine.state(app)).pipe(
    Effect.map(({ version }) => version > 0),
    Effect.provide(Layer.fresh(world)),
    Effect.catchCause(() => Effect.succeed(false))
  )

/** @returns raises alerts for what is wrong now, and resolves those of what is not any more. */
export const makeConfigAlerts = (world: World, root: string) => {
  /** Whose alert may be open: the host's may be from before this daemon was started. */
  const open = new Map<string, App>([["_host", hostApp(root)]])
  return Effect.fnUntraced(function* (troubles: ReadonlyArray<Trouble>) {
    const raised = troubles.map(({ app, isKept, why, next }) =>
      // Nothing is written into a folder that somebody else could have made.
      app === null || !isKept
        ? { app: hostApp(root), why: app === null ? why : `${app.name}: ${why}`, next }
        : { app, why, next }
    )
    for (const [name, app] of open) {
      if (raised.some((one) => one.app.name === name) || !(yield* isKnown(world, app))) continue
      yield* note(world, app, { _tag: "ConfigValid" })
      if (name !== "_host") open.delete(name)
    }
    for (const { app, why, next } of raised) {
      open.set(app.name, app)
      if (app.name !== "_host" && !(yield* isKnown(world, app))) continue
      yield* note(world, app, { _tag: "ConfigBroken", why, next })
    }
  })
}
