/** Adapter: Co-op Cloud apps. `abra` deploys and undeploys them; all else is the swarm's (`swarm/`). */
import * as Effect from "effect/Effect"
import type { Runtime } from "../Runtime.ts"
import { makeStackRuntime } from "../swarm/SwarmRuntime.ts"
import { abraStack } from "./abraStack.ts"
import { readVersion } from "./appFile.ts"

/** The runtime `abra`. */
export const makeAbraRuntime: Effect.Effect<Runtime> = Effect.map(makeStackRuntime(abraStack), (stack) => ({
  ...stack,
  inspect: Effect.fn("AbraRuntime.inspect")(function* (app, how) {
    const seen = yield* stack.inspect(app, how)
    // Recipes of old have no label for it; what abra noted is then the only word on it.
    return seen.present && seen.version === null && !seen.mixed
      ? { ...seen, version: yield* readVersion(app.envFile) }
      : seen
  })
}))
