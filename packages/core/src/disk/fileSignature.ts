/** Tells whether a file has changed, without reading it. */
import { stat } from "node:fs/promises"
import * as Effect from "effect/Effect"

/**
 * Returns device, inode, size, mtime and ctime (ns) of the file at `path`, links followed; "" if it does not exist. Two
 * writes of the same size within one tick of the kernel's clock (some ms) have the same signature, so use it for short-lived
 * caches, never to compare data.
 */
export const fileSignature = (path: string): Effect.Effect<string> =>
  Effect.promise(() =>
    stat(path, { bigint: true }).then(
      ({ dev, ino, size, mtimeNs, ctimeNs }) => [dev, ino, size, mtimeNs, ctimeNs].join(":"),
      () => ""
    )
  )
