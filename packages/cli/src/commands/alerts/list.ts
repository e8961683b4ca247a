import type { Config } from "@lastgood/core/config/Config"
import { streamOf } from "@lastgood/core/engine/Journal"
import { EventStore } from "@lastgood/core/log/EventStore"
import { hostName } from "@lastgood/reconciler/namedApp"
import { shownAlerts } from "@lastgood/reconciler/reading/alerts"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { byApp, historyOf } from "../../history.ts"
import { Json } from "../../options.ts"
import { alertsText } from "../../render/alerts.ts"
import { print, printJson } from "../../Screen.ts"
import { configuration, reading } from "../../session.ts"

/** `_host` is known even before its first alert. */
const eventsOf = Effect.fnUntraced(function* (config: Config, app: Option.Option<string>) {
  if (!Option.contains(app, hostName)) return yield* historyOf(config, app)
  return yield* (yield* EventStore).read(streamOf(hostName))
})

/** From the log alone. Oldest first, app by app. */
export const run = Effect.fn("Cli.alerts")(function* (input: {
  readonly app: Option.Option<string>
  readonly all: boolean
}) {
  const config = yield* configuration
  const events = yield* eventsOf(config, input.app).pipe(Effect.provide(reading(config)))
  const perApp = yield* Effect.forEach(byApp(events), ([app, own]) => shownAlerts(app, own, input.all))
  const shown = perApp.flat()
  if (yield* Json) return yield* printJson({ format: 1, alerts: shown })
  yield* print(shown.length > 0 ? alertsText(shown) : input.all ? "no alerts" : "no open alerts")
})
