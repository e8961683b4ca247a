/** Whether a file is still the one that it was, without reading it. */
import { stat } from "node:fs/promises"
import * as Effect from "effect/Effect"

/**
 * Device, inode, size and times (ns) of the file that `path` leads to; "" where there is none. Two writes of the same size
 * within one tick of the kernel's clock (some ms) look alike: for what is remembered for seconds, never for data.
 */
export const fileSignature = (path: string): Effect.Effect<string> =>
  Effect.promise(() =>
    stat(path, { bigint: true }).then(
      ({ dev, ino, size, mtimeNs, ctimeNs }) => [dev, ino, size, mtimeNs, ctimeNs].join(":"),
      () => ""
    )
  )
