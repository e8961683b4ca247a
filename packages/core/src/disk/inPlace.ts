/** How a file is put in place: written beside it, synced, renamed, and the folder synced. */
import * as fs from "node:fs"
import { open, rename, rm } from "node:fs/promises"
import { dirname } from "node:path"

/** What was renamed, made or removed in a folder stays so after a power loss only once the folder was synced. */
export const syncFolder = async (path: string): Promise<void> => {
  const handle = await open(path, "r")
  await handle.sync().finally(() => handle.close())
}

/**
 * Readers see the old content or the new, never a part. What a killed call left behind is overwritten by the next one; one
 * writer at a time (LAW-7).
 *
 * @param mode permissions of the file, whatever it had before and whatever the umask is.
 */
export const putInPlace = async (path: string, content: string | Uint8Array, mode: number): Promise<void> => {
  const beside = `${path}.tmp`
  // Opened as a new file: a leftover, or a link that somebody put there, is removed and never written through.
  await rm(beside, { force: true })
  const handle = await open(beside, "wx", mode)
  try {
    // Not every filesystem takes it, and a usual umask makes it unneeded.
    if (((await handle.stat()).mode & 0o777) !== mode) await handle.chmod(mode)
    await handle.writeFile(content)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(beside, path)
  await syncFolder(dirname(path))
}

/** Syncs a file or a folder, for callers that are synchronous, as SQLite is. Throws Node's own error. */
export const syncNow = (path: string): void => {
  const fd = fs.openSync(path, "r")
  try {
    fs.fsyncSync(fd)
  } finally {
    fs.closeSync(fd)
  }
}
