/**
 * Port: where alerts go (LAW-10). `AlertRaised` is in the log before a sink is called. A sink that fails is called
 * again on the next pass, so each alert is delivered at least once, and a sink that is down loses nothing. A sink must
 * therefore accept the same alert (`id`) twice.
 *
 * A local sink needs only the disk, and is called under the claim on the app. A remote one is called without a claim, and
 * each of its attempts has a time limit: no server delays an upgrade or another sink (`engine/outbox.ts`).
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { App } from "../domain/App.ts"
import type { Level } from "../domain/letters.ts"
import type { Message } from "../domain/message.ts"

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
  /** Without secrets (LAW-12). */
  reason: Schema.String,
  /** The time that the server asked for, in milliseconds. */
  retryAfterMs: Schema.optionalKey(Schema.Finite),
  /** The sink refused this message; it may take the next one. */
  isAboutMessage: Schema.optionalKey(Schema.Boolean)
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

export interface RemoteSink {
  /** As of `Sink`: kind, host and a short hash. */
  readonly name: string
  /** It is sent messages of this level and above. */
  readonly level: Level
  /**
   * Sends one message. Fails within a time limit of the sink's own.
   *
   * @returns the server's answer in one line, without secrets.
   */
  readonly send: (message: Message) => Effect.Effect<string, AlertFailed>
}

export class AlertSinks extends Context.Service<
  AlertSinks,
  {
    /** The local ones. */
    readonly all: ReadonlyArray<Sink>
    /**
     * As configured now: a daemon reloads its configuration. null: no configuration was read, so that nothing is known about
     * them, and they stay owed what they are owed.
     */
    readonly remote: Effect.Effect<ReadonlyArray<RemoteSink> | null>
  }
>()("lastgood/notify/AlertSinks") {}
