/** Opens and describes a lock file. Its content is only for people. */
import { closeSync, constants, fchmodSync, fstatSync, ftruncateSync, mkdirSync, openSync, writeSync } from "node:fs"
import { dirname } from "node:path"
import * as Effect from "effect/Effect"

/** Does not follow a link, wait for a fifo, or open a folder. */
const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK

/** Creates the file (0600) and its folder (0700) if they do not exist. Throws if something else is in its place. */
export const openLockFile = (path: string): number => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const fd = openSync(path, flags, 0o600)
  try {
    if (!fstatSync(fd).isFile()) throw new Error("it is not a regular file")
    fchmodSync(fd, 0o600)
    return fd
  } catch (cause) {
    closeSync(fd)
    throw cause
  }
}

/** Writes who holds the lock. The lock does not depend on the text: a full disk must not prevent a rollback. */
export const writeLockText = (fd: number, text: string): Effect.Effect<void> =>
  Effect.ignore(
    Effect.try({
      try: () => {
        const bytes = Buffer.from(`${text.replace(/\s+/g, " ")}\n`)
        // Overwrite the old text before truncating. Truncating first would free the block, which a full disk might not
        // give back.
        ftruncateSync(fd, writeSync(fd, bytes, 0, bytes.length, 0))
      },
      catch: (cause) => cause
    })
  )
