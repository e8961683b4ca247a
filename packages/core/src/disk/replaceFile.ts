/** Files that are whole, old or new, whenever the power fails. */

import { open, rename, rm } from "node:fs/promises"
import { dirname } from "node:path"
import * as Effect from "effect/Effect"
import { asError } from "../domain/messageOf.ts"

/** Names in a folder are on disk only after the folder itself was synced. */
const syncFolder = async (path: string): Promise<void> => {
  const handle = await open(path, "r")
  await handle.sync().finally(() => handle.close())
}

/** What was renamed, made or removed in a folder stays so after a power loss. Fails with node's own error. */
export const syncedFolder = (path: string): Effect.Effect<void, Error> =>
  Effect.tryPromise({ try: () => syncFolder(path), catch: asError })

/**
 * Writes a file beside its place, syncs it, and renames it into place: readers see the old content or the new, never a
 * part. What a killed call left behind is overwritten by the next one; one writer at a time (LAW-7).
 *
 * @param mode permissions of the file, whatever it had before and whatever the umask is.
 */
export const replaceFile = (path: string, content: string | Uint8Array, mode: number): Effect.Effect<void, Error> =>
  Effect.tryPromise({
    try: async () => {
      const beside = `${path}.tmp`
      // Opened as a new file: a leftover, or a link that somebody put there, is removed and never written through.
      await rm(beside, { force: true })
      const handle = await open(beside, "wx", mode)
      try {
        await handle.chmod(mode)
        await handle.writeFile(content)
        await handle.sync()
      } finally {
        await handle.close()
      }
      await rename(beside, path)
      await syncFolder(dirname(path))
    },
    catch: asError
  })
