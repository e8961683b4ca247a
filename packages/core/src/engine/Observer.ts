/** Who is running, and who wants to see each event as it is recorded (the CLI's timeline, the daemon's log). */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { Envelope } from "../log/EventStore.ts"

/** Written into every event: `cli:root`, `reconciler`. */
export const Actor = Context.Reference<string>("lastgood/engine/Actor", { defaultValue: () => "lastgood" })

export type Observer = (app: string, event: Envelope) => Effect.Effect<void>

export const Observer = Context.Reference<Observer>("lastgood/engine/Observer", {
  defaultValue: () => () => Effect.void
})
