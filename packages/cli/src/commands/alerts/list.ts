import type { Config } from "@lastgood/core/config/Config"
import { appOf } from "@lastgood/core/engine/Journal"
import { hostName } from "@lastgood/reconciler/namedApp"
import { shownAlerts } from "@lastgood/reconciler/reading/alerts"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { appsInLog, streamNamed } from "../../history.ts"
import { Json } from "../../options.ts"
import { alertsText } from "../../render/alerts.ts"
import { print, printJson } from "../../Screen.ts"
import { configuration, reading } from "../../session.ts"

/** `_host` is known even before its first alert. */
const appsOf = Effect.fnUntraced(function* (config: Config, app: Option.Option<string>) {
  if (Option.contains(app, hostName)) return [hostName]
  const stream = yield* streamNamed(config, app)
  return stream === null ? yield* appsInLog : [appOf(stream)]
})

/** From the log alone. Oldest first, app by app. */
export const run = Effect.fn("Cli.alerts")(function* (input: {
  readonly app: Option.Option<string>
  readonly all: boolean
}) {
  const config = yield* configuration
  const perApp = yield* Effect.flatMap(appsOf(config, input.app), (apps) =>
    Effect.forEach(apps, (app) => shownAlerts(app, input.all))
  ).pipe(Effect.provide(reading(config)))
  const shown = perApp.flat()
  if (yield* Json) return yield* printJson({ format: 1, alerts: shown })
  yield* print(shown.length > 0 ? alertsText(shown) : input.all ? "no alerts" : "no open alerts")
})
