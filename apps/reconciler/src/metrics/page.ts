/** `/metrics`: what the log tells of the apps, and what the daemon tells of itself. */
import type { App } from "@lastgood/core/domain/App"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import own from "../../package.json" with { type: "json" }
import type { Past } from "../reading/Past.ts"
import { Pasts } from "../reading/Pasts.ts"
import type { Projected } from "../reading/Projection.ts"
import { exposition, type Family } from "./exposition.ts"
import { ofApps } from "./ofApps.ts"
import { ofDaemon } from "./ofDaemon.ts"

export class MetricsPage extends Context.Service<
  MetricsPage,
  {
    readonly families: Effect.Effect<ReadonlyArray<Family>>
    /** The same as Prometheus reads it. */
    readonly text: Effect.Effect<string>
  }
>()("lastgood/metrics/MetricsPage") {
  static readonly layer = (daemon: { readonly configured: Effect.Effect<ReadonlyArray<Pick<App, "name">>> }) =>
    Layer.effect(
      MetricsPage,
      Effect.gen(function* () {
        const pasts = yield* Pasts
        /** null: the log cannot be read now. */
        const read = Effect.catch(pasts.read, () => Effect.succeed(null))
        const families = Effect.gen(function* () {
          const apps = (yield* daemon.configured).map(({ name }) => name)
          const reading = yield* read
          return [
            ...ofLog(reading),
            ...(reading === null ? [] : ofApps(reading, apps, yield* Clock.currentTimeMillis)),
            ...(yield* ofDaemon(apps))
          ]
        })
        return MetricsPage.of({ families, text: Effect.map(families, exposition) })
      })
    )
}

const single = (name: string, help: string, value: number, labels = {}): Family => ({
  ...{ name, help, type: "gauge" },
  samples: [{ labels, value }]
})

export const ofLog = (reading: Projected<Past> | null): ReadonlyArray<Family> => [
  single("lastgood_build_info", "The version of the daemon.", 1, { version: own.version }),
  single("lastgood_log_readable", "Whether the daemon can read the log.", reading === null ? 0 : 1),
  ...(reading === null ? [] : [single("lastgood_log_position", "The last position of the log.", reading.position)])
]
