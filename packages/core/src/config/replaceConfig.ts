/** Replaces the configuration file with another text: the old one or the new one is there, whenever the power fails. */
import { open, readFile, realpath, rename, rm, stat } from "node:fs/promises"
import { dirname } from "node:path"
import * as Effect from "effect/Effect"
import { syncFolder } from "../disk/inPlace.ts"
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
        const beside = `${path}.tmp`
        const { gid, mode, uid } = await stat(path)
        if ((await readFile(path, "utf8")) !== before) throw new Error("it was changed in the meantime")
        await rm(beside, { force: true })
        const handle = await open(beside, "wx", 0o600)
        try {
          await handle.writeFile(after)
          await handle.chown(uid, gid)
          await handle.chmod(mode & 0o777)
          await handle.sync()
        } catch (error) {
          await rm(beside, { force: true })
          throw error
        } finally {
          await handle.close()
        }
        await rename(beside, path)
        await syncFolder(dirname(path))
      },
      catch: (cause) => new ConfigUnwritable({ file, reason: messageOf(cause) })
    })
  )
