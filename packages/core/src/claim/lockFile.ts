/** A file that is locked and never read by anything but people: how it is opened, and what is written into it. */
import { closeSync, constants, fchmodSync, fstatSync, ftruncateSync, mkdirSync, openSync, writeSync } from "node:fs"
import { dirname } from "node:path"
import * as Effect from "effect/Effect"

/** Does not follow a link, does not wait for a fifo, does not open a folder. */
const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK

/** Creates the file (0600) and its folder (0700) if they do not exist. Throws if something else is in its place. */
export const openLockFile = (path: string): number => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const fd = openSync(path, flags, 0o600)
  try {
    if (!fstatSync(fd).isFile()) throw new Error("it is not a file")
    fchmodSync(fd, 0o600)
    return fd
  } catch (cause) {
    closeSync(fd)
    throw cause
  }
}

/**
 * Writes who holds the lock. It is for people; the lock does not depend on it, and a full disk must keep nobody from
 * rolling back.
 */
export const introduce = (fd: number, text: string): Effect.Effect<void> =>
  Effect.ignore(
    Effect.try({
      try: () => {
        const bytes = Buffer.from(`${text.replace(/\s+/g, " ")}\n`)
        // Over the old text: to cut it first would give its block away.
        ftruncateSync(fd, writeSync(fd, bytes, 0, bytes.length, 0))
      },
      catch: (cause) => cause
    })
  )
