/**
 * Rotates the log of a long-running process. The process keeps its log open (O_APPEND), so the file must stay: its end
 * is copied to `<name>.log.1`, the file is truncated, and its last lines are written back. A line that is printed
 * during the truncation can be lost.
 *
 * Safe to call at any time, by several lastgoods at once. If it is killed, nothing is lost: the copy is complete before
 * the truncation.
 */
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync
} from "node:fs"
import { join } from "node:path"
import type { App } from "../../domain/App.ts"
import { type Leader, runFolder } from "./Members.ts"

/** A log larger than this is rotated to `<name>.log.1`, which keeps the same size of its end. */
export const maxBytes = 10 * 1024 * 1024
/** How much of a log's end is searched for its last lines. */
export const tailBytes = 64 * 1024

const part = (path: string): string => `${path}.1.part`
/** An older part file was left by a killed lastgood. */
const partMs = 60_000

const identity = ({ pid, startTicks, boot }: Leader): string => `${boot} ${pid} ${startTicks}`

const rotationMark = (app: App, name: string): string => join(runFolder(app), `${name}.turned`)

/**
 * The byte of its log where a process's output starts: 0 after a rotation since its start, because the log then has no
 * other output.
 */
export const startOf = (app: App, leader: Leader): number => {
  try {
    if (readFileSync(rotationMark(app, leader.name), "utf8") === identity(leader)) return 0
  } catch {
    // It was never rotated.
  }
  return leader.logFrom ?? 0
}

/** Drops a partial first line, unless it is the only one. */
const fromNextLine = (bytes: Buffer): Buffer => {
  const end = bytes.indexOf(10)
  return end === -1 || end === bytes.length - 1 ? bytes : bytes.subarray(end + 1)
}

/** The content of a file from a byte on, including what is written in the meantime. */
const readFrom = (fd: number, from: number): Buffer => {
  const pieces: Array<Buffer> = []
  for (let at = from, length = 0; ; at += length) {
    const piece = Buffer.alloc(1024 * 1024)
    length = readSync(fd, piece, 0, piece.length, at)
    if (length === 0) return Buffer.concat(pieces)
    pieces.push(piece.subarray(0, length))
  }
}

/** null: another lastgood is rotating it. */
const begin = (path: string, now: number): number | null => {
  try {
    return openSync(part(path), "wx", 0o600)
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause && cause.code === "EEXIST")) throw cause
    const left = statSync(part(path), { throwIfNoEntry: false })
    if (left !== undefined && now - left.mtimeMs > partMs) rmSync(part(path), { force: true })
    return null
  }
}

/**
 * Rotates a log that has grown too large. Throws Node's error.
 *
 * @param leader the last process that was started to write to it, if known.
 * @param now milliseconds since the epoch.
 */
export const rotate = (app: App, path: string, leader: Leader | undefined, now: number): void => {
  const log = openSync(path, constants.O_RDWR | constants.O_APPEND | constants.O_NOFOLLOW)
  try {
    const { size } = fstatSync(log)
    if (size <= maxBytes) return
    const copy = begin(path, now)
    if (copy === null) return
    const from = leader === undefined ? 0 : startOf(app, leader)
    let kept: Buffer
    try {
      const first = size - maxBytes
      const end = readFrom(log, first)
      // A start beyond the end is from before something else truncated the file.
      const own = from > size ? 0 : Math.max(0, from - first)
      const last = end.length - tailBytes
      kept = last > own ? fromNextLine(end.subarray(last)) : end.subarray(own)
      // On a full disk, free space is worth more than older lines.
      try {
        for (let at = 0; at < end.length; ) at += writeSync(copy, end, at)
        renameSync(part(path), `${path}.1`)
      } catch (cause) {
        if (!(cause instanceof Error && "code" in cause && cause.code === "ENOSPC")) throw cause
      }
      ftruncateSync(log, 0)
      writeSync(log, kept)
    } finally {
      closeSync(copy)
      rmSync(part(path), { force: true })
    }
    if (leader !== undefined) writeFileSync(rotationMark(app, leader.name), identity(leader), { mode: 0o600 })
  } finally {
    closeSync(log)
  }
}
