/** Replaces the configuration file with another text: the old one or the new one is there, whenever the power fails. */
import { readFile, realpath, stat } from "node:fs/promises"
import * as Effect from "effect/Effect"
import { putInPlace } from "../disk/inPlace.ts"
import { messageOf } from "../domain/messageOf.ts"
import { ConfigUnwritable } from "./ConfigError.ts"

/**
 * Keeps the owner and the permissions of the file. A link stays, and leads to the new text.
 *
 * @param before the text that `after` was made from: another one is not replaced.
 */
export const replaceConfig = (file: string, before: string, after: string): Effect.Effect<void, ConfigUnwritable> =>
  Effect.uninterruptible(
    Effect.tryPromise({
      try: async () => {
        const path = await realpath(file)
        const { gid, mode, uid } = await stat(path)
        if ((await readFile(path, "utf8")) !== before) throw new Error("it was changed in the meantime")
        await putInPlace(path, after, mode & 0o777, { uid, gid })
      },
      catch: (cause) => new ConfigUnwritable({ file, reason: messageOf(cause) })
    })
  )
