/**
 * Port: where alerts go (LAW-10). `AlertRaised` is in the log before a sink is called. A sink that fails is called
 * again on the next pass, so each alert is delivered at least once, and a sink that is down loses nothing. A sink must
 * therefore accept the same alert (`id`) twice.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { App } from "../domain/App.ts"

export interface Alert {
  readonly id: string
  readonly app: string
  readonly domain: string
  readonly at: string
  /** `recovered`, `unhealthy`, `left-down`, `refused`, `failed`. */
  readonly outcome: string
  readonly attempted: string | null
  readonly last_good: string | null
  readonly recovered: boolean
  readonly why: string
  readonly next: string
}

export class AlertFailed extends Schema.TaggedError<AlertFailed>()("AlertFailed", {
  sink: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `alert not delivered to ${this.sink}: ${this.reason}`
  }
}

export interface Sink {
  /** Stable name, without secrets: recorded in `AlertDelivered`. */
  readonly name: string
  readonly deliver: (app: App, alert: Alert) => Effect.Effect<void, AlertFailed>
}

export class AlertSinks extends Context.Service<AlertSinks, { readonly all: ReadonlyArray<Sink> }>()(
  "lastgood/notify/AlertSinks"
) {}
