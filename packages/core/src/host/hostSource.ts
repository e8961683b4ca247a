/** A path of the host without links, and its place on its filesystem. */
import { realpath } from "node:fs/promises"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import type { HostSource } from "../domain/DataFolder.ts"
import { type Mount, placeOf } from "./Mounts.ts"

/** A path without links. Of a missing path, the existing part is resolved. */
export const realSource = (path: string): Effect.Effect<string> =>
  Effect.promise(() => realpath(path).catch(() => null)).pipe(
    Effect.flatMap((found) => {
      if (found !== null) return Effect.succeed(found)
      const above = dirname(path)
      return above === path
        ? Effect.succeed(path)
        : Effect.map(realSource(above), (real) => join(real, path.slice(above === "/" ? 1 : above.length + 1)))
    })
  )

/** @param mounts as this process sees them. */
export const sourceIn = (path: string, mounts: ReadonlyArray<Mount>): Effect.Effect<HostSource> =>
  Effect.map(realSource(path), (real) => ({ path: real, place: placeOf(real, mounts) }))
