/** The folder in which lastgood keeps its own data. */
import { resolve } from "node:path"
import * as Effect from "effect/Effect"
import { variable } from "../process/variable.ts"

export const defaultRoot = "/var/lib/lastgood"

/**
 * The first one that is set: `--root`, $LASTGOOD_ROOT, `root:` of the configuration, $CCCI_WARM_ROOT (of lastgood's
 * predecessor), /var/lib/lastgood.
 *
 * @param flag as given on the command line, relative to the working folder; null: not given.
 * @param configured absolute path; null: not set in the configuration.
 */
export const resolveRoot = (flag: string | null, configured: string | null): Effect.Effect<string> =>
  Effect.map(rootFor(flag), (rootOf) => rootOf(configured))

/** `resolveRoot`, before the configuration is read. */
export const rootFor = Effect.fnUntraced(function* (flag: string | null) {
  const first = flag ?? (yield* variable("LASTGOOD_ROOT"))
  const last = (yield* variable("CCCI_WARM_ROOT")) ?? defaultRoot
  return (configured: string | null): string => resolve(first ?? configured ?? last)
})
