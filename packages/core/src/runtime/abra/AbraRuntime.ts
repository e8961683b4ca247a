/** Adapter: Co-op Cloud apps. `abra` deploys and undeploys them; the given runtime of stacks does everything else. */
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
      // Old recipes have no label for the version. Then only abra's own record tells it.
      return seen.present && seen.version === null && !seen.mixed
        ? { ...seen, version: yield* readVersion(app.envFile) }
        : seen
    })
  }))
