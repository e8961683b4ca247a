/** The actor of events, the present configuration, the host's other apps, and an observer of each recorded event (the CLI's timeline, the daemon's log). */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { PluggedApp } from "../domain/App.ts"
import type { Envelope } from "../log/EventStore.ts"

/** Written into every event: `cli:root`, `reconciler`. */
export const Actor = Context.Reference<string>("lastgood/engine/Actor", { defaultValue: () => "lastgood" })

export type Observer = (app: string, event: Envelope) => Effect.Effect<void>

export const Observer = Context.Reference<Observer>("lastgood/engine/Observer", {
  defaultValue: () => () => Effect.void
})

/**
 * The app in the present configuration, read before an attempt begins: the same value, a changed one, or null if it is no
 * longer configured.
 */
export const Configured = Context.Reference<(app: PluggedApp) => Effect.Effect<PluggedApp | null>>(
  "lastgood/engine/Configured",
  {
    defaultValue: () => Effect.succeed
  }
)

/** All apps of the host and its breaker, by the present configuration. */
export interface Host {
  readonly apps: ReadonlyArray<PluggedApp>
  /** How many automatic upgrades in a row may be rolled back; null: any number. */
  readonly breaker: number | null
}

/** Automatic upgrades depend on the other apps. By default there are none: an operator's command does not. */
export const Host = Context.Reference<Effect.Effect<Host>>("lastgood/engine/Host", {
  defaultValue: () => Effect.succeed({ apps: [], breaker: null })
})
