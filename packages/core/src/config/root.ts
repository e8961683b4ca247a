/** Where lastgood keeps its own data. */
import { resolve } from "node:path"
import * as Effect from "effect/Effect"
import { variable } from "../process/variable.ts"

export const defaultRoot = "/var/lib/lastgood"

/**
 * The first that is given: `--root`, $LASTGOOD_ROOT, `root:` of the configuration, $CCCI_WARM_ROOT (what lastgood grew
 * out of had its root there), /var/lib/lastgood.
 *
 * @param flag as given on the command line, relative to the working folder; null: not given.
 * @param configured absolute; null: the configuration says nothing.
 */
export const resolveRoot = (flag: string | null, configured: string | null): Effect.Effect<string> =>
  Effect.map(rootFor(flag), (rootOf) => rootOf(configured))

/** `resolveRoot`, for when the configuration is not read yet. */
export const rootFor = Effect.fnUntraced(function* (flag: string | null) {
  const first = flag ?? (yield* variable("LASTGOOD_ROOT"))
  const last = (yield* variable("CCCI_WARM_ROOT")) ?? defaultRoot
  return (configured: string | null): string => resolve(first ?? configured ?? last)
})
