/** The HTTP server of the daemon. It is loaded only by the daemon, and serves as long as that runs. */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import type { HttpSettings } from "@lastgood/core/config/HttpFile"
import { Host } from "@lastgood/core/engine/Observer"
import * as Context from "effect/Context"
import { layerWebCrypto } from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { MetricsPage } from "../metrics/page.ts"
import { Pasts } from "../reading/Pasts.ts"
import type { Measure } from "../telemetry/Measure.ts"
import { Acts } from "./Acts.ts"
import { type Daemon, Serving } from "./Daemon.ts"
import { listen, patiently } from "./listen.ts"
import { answered, routes } from "./routes.ts"
import { tokenOf } from "./token.ts"

/**
 * Never ends and never fails: trouble is logged, and tried again.
 *
 * @param measure sends what `/metrics` shows as well; null: nothing is sent.
 */
export const serve = Effect.fn("Http.serve")(function* (
  daemon: Daemon,
  settings: HttpSettings,
  measure: Measure | null
) {
  const token = yield* patiently(tokenOf(daemon.root)).pipe(Effect.provide(layerWebCrypto))
  const services = Layer.mergeAll(
    Layer.succeed(Serving, { daemon, token, readOpen: settings.readOpen }),
    Acts.layer(daemon),
    Layer.provideMerge(MetricsPage.layer(daemon), Pasts.layer(daemon.root)),
    NodeHttpServer.layerHttpServices
  )
  return yield* Effect.gen(function* () {
    if (measure !== null) yield* Effect.forkScoped(measure((yield* MetricsPage).families))
    const app = yield* HttpRouter.toHttpEffect(routes)
    // Each request has a scope of its own, which closes with it.
    const context = Context.omit(Scope.Scope)(yield* Effect.context<Layer.Success<typeof services> | Scope.Scope>())
    yield* listen(
      daemon.root,
      settings.listen,
      answered(app).pipe(Effect.provideContext(context), Effect.provideService(Host, daemon.host))
    )
  }).pipe(Effect.provide(services), Effect.scoped)
})
