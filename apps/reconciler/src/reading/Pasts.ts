/** The past of every app in the log, read once and kept up to date. Pages and metrics share it. */
import type { StoreUnavailable } from "@lastgood/core/log/EventStore"
import * as EventStoreSqlite from "@lastgood/core/log/EventStoreSqlite"
import { logFile } from "@lastgood/core/log/logFile"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { noPast, type Past, pastAfter } from "./Past.ts"
import { makeProjection, type Projected } from "./Projection.ts"

export class Pasts extends Context.Service<
  Pasts,
  { readonly read: Effect.Effect<Projected<Past>, StoreUnavailable> }
>()("lastgood/reading/Pasts") {
  /** @param root the folder with the log. */
  static readonly layer = (root: string) =>
    Layer.effect(
      Pasts,
      Effect.gen(function* () {
        const projection = yield* makeProjection(noPast, pastAfter)
        const log = EventStoreSqlite.layerReadOnly({ path: logFile(root) })
        const read = projection.read.pipe(Effect.provide(Layer.fresh(log)))
        // A long log is read once, before somebody waits for it.
        yield* Effect.forkScoped(Effect.ignore(read))
        return Pasts.of({ read })
      })
    )
}
