/** Who is running, what is configured now, and who wants to see each event as it is recorded (the CLI's timeline, the daemon's log). */
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
 * The app as the configuration has it at this moment, asked before an attempt begins: the same value, another one when it
 * was changed since, or null when it is not configured any more.
 */
export const Configured = Context.Reference<(app: PluggedApp) => Effect.Effect<PluggedApp | null>>(
  "lastgood/engine/Configured",
  {
    defaultValue: () => Effect.succeed
  }
)
