/** The runtimes of this lastgood. Each is loaded for the first app that uses it. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { RuntimeKind } from "../domain/App.ts"
import { type Runtime, Runtimes, type RuntimeUnavailable } from "./Runtime.ts"

type Load = Effect.Effect<Runtime, RuntimeUnavailable>

const from = <M>(load: () => Promise<M>, make: (module: M) => Load): Load => Effect.flatMap(Effect.promise(load), make)

const known: Readonly<Record<RuntimeKind, Load>> = {
  local: from(
    () => import("./local/LocalRuntime.ts"),
    (m) => m.makeLocalRuntime
  ),
  swarm: from(
    () => import("./swarm/SwarmRuntime.ts"),
    (m) => m.makeSwarmRuntime
  ),
  abra: from(
    () => Promise.all([import("./abra/AbraRuntime.ts"), import("./swarm/SwarmRuntime.ts")]),
    ([abra, swarm]) => abra.makeAbraRuntime(swarm.makeStackRuntime)
  ),
  compose: from(
    () => import("./compose/ComposeRuntime.ts"),
    (m) => m.makeComposeRuntime
  )
}

export const layer = Layer.effect(
  Runtimes,
  Effect.gen(function* () {
    const loaded = new Map<string, Load>()
    for (const [kind, load] of Object.entries(known)) loaded.set(kind, yield* Effect.cached(load))
    return Runtimes.of({ get: (kind) => loaded.get(kind) ?? known[kind] })
  })
)
