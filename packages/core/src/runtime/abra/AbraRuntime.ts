/** Adapter: Co-op Cloud apps. `abra` deploys and undeploys them; all else is done by the runtime of stacks that it is given. */
import * as Effect from "effect/Effect"
import type { MakeStackRuntime } from "../docker/stack/StackTool.ts"
import type { Runtime } from "../Runtime.ts"
import { abraStack } from "./abraStack.ts"
import { readVersion } from "./appFile.ts"

/** The runtime `abra`. */
export const makeAbraRuntime = (makeStackRuntime: MakeStackRuntime): Effect.Effect<Runtime> =>
  Effect.map(makeStackRuntime(abraStack), (stack) => ({
    ...stack,
    inspect: Effect.fn("AbraRuntime.inspect")(function* (app, how) {
      const seen = yield* stack.inspect(app, how)
      // Recipes of old have no label for it; what abra noted is then the only word on it.
      return seen.present && seen.version === null && !seen.mixed
        ? { ...seen, version: yield* readVersion(app.envFile) }
        : seen
    })
  }))
