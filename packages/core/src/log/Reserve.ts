/**
 * A full disk must not leave an app down only because the log cannot take its few events. A file beside the log
 * reserves some space. When an append meets a full disk, the file is removed and the append is tried once more.
 */
import { randomFillSync } from "node:crypto"
import * as fs from "node:fs"
import { dirname, join } from "node:path"
import { syncNow } from "../disk/inPlace.ts"

/** Enough for the events of many attempts, and the few files that a rollback also needs. */
export const reserveBytes = 4 * 1024 * 1024

/** The free space that must remain after the reserve is made, so that it does not fill the disk itself. */
const roomBytes = 4 * reserveBytes

export const reserveOf = (log: string): string => join(dirname(log), "reserve")

/** Random bytes: zeros would take no space on a filesystem that compresses or stores holes. */
const allocate = (file: string) => {
  fs.writeFileSync(file, randomFillSync(Buffer.allocUnsafe(reserveBytes)), { flag: "wx", mode: 0o600 })
  syncNow(file)
}

/**
 * Makes the reserve if it is missing and there is space. Never fails, because a log works without one. If two processes
 * make it at the same time, the second rename replaces the first file.
 */
export const keep = (log: string): void => {
  const file = reserveOf(log)
  const beside = `${file}.new-${process.pid}`
  try {
    if (fs.existsSync(file)) return
    const { bavail, bsize } = fs.statfsSync(dirname(log))
    if (bavail * bsize < roomBytes) return
    fs.rmSync(beside, { force: true })
    allocate(beside)
    fs.renameSync(beside, file)
  } catch {
    fs.rmSync(beside, { force: true })
  }
}

/**
 * Frees the reserve. The folder is synced, because some filesystems free blocks only then.
 *
 * @returns false: there was no reserve.
 */
export const giveUp = (log: string): boolean => {
  try {
    fs.rmSync(reserveOf(log))
    syncNow(dirname(log))
    return true
  } catch {
    return false
  }
}

/** Less than a log needs to be opened. SQLite does not always report a full disk when it cannot create a file. */
const littleBytes = 64 * 1024

export const isDiskFull = (log: string): boolean => {
  try {
    const { bfree, bsize } = fs.statfsSync(dirname(log))
    return bfree * bsize < littleBytes
  } catch {
    return false
  }
}
