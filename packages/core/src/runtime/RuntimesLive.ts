/** The runtimes that this lastgood has. Each is loaded when the first app that runs on it is met. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { RuntimeKind } from "../domain/App.ts"
import { type Runtime, Runtimes, RuntimeUnavailable } from "./Runtime.ts"

const load = (kind: RuntimeKind): Effect.Effect<Runtime, RuntimeUnavailable> => {
  switch (kind) {
    case "local":
      return Effect.flatMap(
        Effect.promise(() => import("./local/LocalRuntime.ts")),
        (m) => m.makeLocalRuntime
      )
    case "swarm":
      return Effect.flatMap(
        Effect.promise(() => import("./swarm/SwarmRuntime.ts")),
        (m) => m.makeSwarmRuntime
      )
    default:
      return Effect.fail(
        new RuntimeUnavailable({
          runtime: kind,
          reason: "this lastgood does not have it yet",
          next: "set runtime: swarm or runtime: local"
        })
      )
  }
}

export const layer = Layer.effect(
  Runtimes,
  Effect.gen(function* () {
    const local = yield* Effect.cached(load("local"))
    const swarm = yield* Effect.cached(load("swarm"))
    return Runtimes.of({
      get: (kind) => (kind === "local" ? local : kind === "swarm" ? swarm : load(kind))
    })
  })
)
