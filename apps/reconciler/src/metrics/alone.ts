/** The metrics of a daemon that serves no HTTP, and sends them to a collector. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Pasts } from "../reading/Pasts.ts"
import type { Measure } from "../telemetry/Measure.ts"
import { MetricsPage } from "./page.ts"

export const measureAlone = (
  daemon: Parameters<typeof MetricsPage.layer>[0] & { readonly root: string },
  measure: Measure
) =>
  Effect.flatMap(MetricsPage, ({ families }) => measure(families)).pipe(
    Effect.provide(Layer.provideMerge(MetricsPage.layer(daemon), Pasts.layer(daemon.root)))
  )
