/** Replaces a file: write beside it, sync, rename, sync the folder. */
import * as fs from "node:fs"
import { open, rename, rm } from "node:fs/promises"
import { dirname } from "node:path"

/** A rename, a new file or a removal in a folder survives a power loss only after the folder was synced. */
export const syncFolder = async (path: string): Promise<void> => {
  const handle = await open(path, "r")
  await handle.sync().finally(() => handle.close())
}

/**
 * Readers see the old content or the new, never a part. The next call overwrites the leftovers of a killed one. One
 * writer at a time (LAW-7).
 *
 * @param mode permissions of the file, whatever it had before and whatever the umask is.
 * @param owner of the file; absent: this process.
 */
export const putInPlace = async (
  path: string,
  content: string | Uint8Array,
  mode: number,
  owner?: { readonly uid: number; readonly gid: number }
): Promise<void> => {
  const beside = `${path}.tmp`
  // Opened as a new file: a leftover, or a planted link, is removed and never written through.
  await rm(beside, { force: true })
  const handle = await open(beside, "wx", mode)
  try {
    if (owner !== undefined) await handle.chown(owner.uid, owner.gid)
    // Not every filesystem supports it, and with a usual umask it is not needed.
    if (((await handle.stat()).mode & 0o777) !== mode) await handle.chmod(mode)
    await handle.writeFile(content)
    await handle.sync()
  } catch (error) {
    // A part of the file would take the last space of a full disk.
    await rm(beside, { force: true })
    throw error
  } finally {
    await handle.close()
  }
  await rename(beside, path)
  await syncFolder(dirname(path))
}

/** Syncs a file or a folder, for synchronous callers such as SQLite. Throws Node's error. */
export const syncNow = (path: string): void => {
  const fd = fs.openSync(path, "r")
  try {
    fs.fsyncSync(fd)
  } finally {
    fs.closeSync(fd)
  }
}
