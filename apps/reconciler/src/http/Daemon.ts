/** What the HTTP server needs of the running daemon. */
import type { ConfiguredApp, PluggedApp } from "@lastgood/core/domain/App"
import type { Host } from "@lastgood/core/engine/Observer"
import type { live } from "@lastgood/core/live"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Semaphore from "effect/Semaphore"
import type { CheckedOf } from "../reading/standings.ts"
import type { Connection } from "./access.ts"

/** The services of a request, opened for each one, as for each pass. */
export type Live = ReturnType<typeof live>

export interface Daemon {
  readonly root: string
  /** Of lastgood. */
  readonly version: string
  /** Absolute path of the configuration file. */
  readonly file: string
  /** Opened read-only: nothing is created or written. */
  readonly reading: Live
  readonly writing: Live
  /** All apps of the configuration that may be read, usable or not. */
  readonly configured: Effect.Effect<ReadonlyArray<ConfiguredApp>>
  /** The SHA-256 of the configuration's text, if all that it says is in force; null: it is not. */
  readonly digest: Effect.Effect<string | null>
  /** The app as configured now; null: it is not configured, or not usable. */
  readonly current: (name: string) => Effect.Effect<PluggedApp | null>
  /** The other apps of the host, for the order of apps and the breaker. */
  readonly host: Effect.Effect<Host>
  /** The passed checks of the watch, for a look at many apps. */
  readonly checked: CheckedOf
  /** One for each app that may be worked on at the same time. */
  readonly turns: Semaphore.Semaphore
  /** An attempt on the app may need a pass to finish it, now. */
  readonly wake: (app: string) => Effect.Effect<void>
}

export class Serving extends Context.Service<
  Serving,
  { readonly daemon: Daemon; readonly token: string; readonly readOpen: boolean }
>()("lastgood/http/Serving") {}

/** How the present request came in. Whoever forgets to say it has no access. */
export const Via = Context.Reference<Connection["kind"]>("lastgood/http/Via", { defaultValue: () => "tcp" })
