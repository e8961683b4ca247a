/** Sends the alerts of a command to the sinks of `notify`, after its result was printed. */
import type { Config } from "@lastgood/core/config/Config"
import type { App } from "@lastgood/core/domain/App"
import { flush } from "@lastgood/core/engine/outbox"
import { live } from "@lastgood/core/live"
import { hostApp } from "@lastgood/reconciler/namedApp"
import * as Effect from "effect/Effect"
import { onScreen } from "./onScreen.ts"
import { liveLine } from "./render/timeline.ts"

/** No message is begun after this: the operator waits. What is left, the daemon or the next command sends. */
const limitMs = 5000
const waitMs = 5000

/** Never fails. Ctrl-C ends it at once; what was not sent is still owed. */
export const sendAlerts = (config: Config, apps: ReadonlyArray<App>) =>
  config.notify.length === 0
    ? Effect.void
    : flush(apps, { host: hostApp(config.root), limitMs, waitMs, unrecorded: new Map() }).pipe(
        Effect.provide(live(config, { readOnly: false })),
        Effect.catch(({ message }) => Effect.logWarning(`alerts were not sent: ${message}`)),
        onScreen({ line: liveLine }),
        Effect.asVoid
      )

export const sendAlertsOf = (config: Config, name: string) =>
  sendAlerts(
    config,
    config.apps.filter((app) => app.name === name && !config.strangeFolders.has(name))
  )
