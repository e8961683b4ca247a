/**
 * A full disk must not leave an app down only because the log cannot take its few events. Some room is kept back in a
 * file beside the log; when an append meets a full disk the file is given up, and the append is tried once more.
 */
import { randomFillSync } from "node:crypto"
import * as fs from "node:fs"
import { dirname, join } from "node:path"
import { syncNow } from "../disk/inPlace.ts"

/** Enough for the events of many attempts, and the few files that a way back needs besides. */
export const reserveBytes = 4 * 1024 * 1024

/** It is not made where it would itself make the disk full. */
const roomBytes = 4 * reserveBytes

export const reserveOf = (log: string): string => join(dirname(log), "reserve")

/** Random bytes: zeros would take no room where the filesystem compresses or leaves holes. */
const allocate = (file: string) => {
  fs.writeFileSync(file, randomFillSync(Buffer.allocUnsafe(reserveBytes)), { flag: "wx", mode: 0o600 })
  syncNow(file)
}

/**
 * Makes the reserve where there is none and there is room. Never fails: it is a help, and a log without one works.
 * Two that make it at once: the second rename puts one over the other.
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
 * Gives the room back. The folder is synced, because some filesystems free blocks only with that.
 *
 * @returns false: there was none to give.
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

/** Less than a log needs to be opened: SQLite does not always say so itself, where it cannot make a file. */
const littleBytes = 64 * 1024

export const isDiskFull = (log: string): boolean => {
  try {
    const { bfree, bsize } = fs.statfsSync(dirname(log))
    return bfree * bsize < littleBytes
  } catch {
    return false
  }
}
