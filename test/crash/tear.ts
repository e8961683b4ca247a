/** What a power cut may leave at the end of SQLite's write-ahead file: what was being written, or a part of it. */
import { appendFileSync, closeSync, cpSync, existsSync, openSync, readFileSync, truncateSync, writeSync } from "node:fs"
import { join } from "node:path"
import { type Row, readLog } from "../soak/outside/log.ts"
import type { Random } from "../soak/outside/random.ts"
import type { Tear } from "./image.ts"

const headerBytes = 32
const frameHeaderBytes = 24

/** Where each committed transaction ends, in bytes. */
const commitsIn = (wal: Buffer): ReadonlyArray<number> => {
  if (wal.length < headerBytes) return []
  const frameBytes = frameHeaderBytes + wal.readUInt32BE(8)
  const salt = wal.subarray(16, 24)
  const commits: Array<number> = []
  for (let at = headerBytes; at + frameBytes <= wal.length; at += frameBytes) {
    if (!wal.subarray(at + 8, at + 16).equals(salt)) break
    if (wal.readUInt32BE(at + 4) !== 0) commits.push(at + frameBytes)
  }
  return commits
}

interface Torn {
  readonly must: ReadonlyArray<Row>
  readonly lost: ReadonlyArray<Row>
}

/**
 * Damages the end of the write-ahead file. `unfinished`: part of a transaction more, that was never committed. `torn`,
 * `cut`: the last one itself did not get there whole, as on a disk that lies about a sync.
 *
 * @param scratch a folder for copies to inspect.
 * @returns the rows that were there before and must still be: all, or all but those of the last transaction, which are lost.
 */
export const tear = (log: string, how: Tear, random: Random, scratch: string): Torn => {
  const path = `${log}-wal`
  const copyOf = (...suffixes: ReadonlyArray<string>) => {
    const folder = join(scratch, `look-${suffixes.length}`)
    for (const suffix of suffixes)
      if (existsSync(log + suffix)) cpSync(log + suffix, join(folder, `events.db${suffix}`))
    return join(folder, "events.db")
  }
  const all = readLog(copyOf("", "-wal"))
  const whole: Torn = { must: all, lost: [] }
  if (how === "none" || !existsSync(path)) return whole
  const wal = readFileSync(path)
  const commits = commitsIn(wal)
  const [last, previous] = [commits.at(-1) ?? headerBytes, commits.at(-2) ?? headerBytes]
  if (how === "unfinished") {
    const again = wal.subarray(previous, last)
    truncateSync(path, last)
    appendFileSync(path, again.subarray(0, random.int(1, Math.max(1, again.length))))
    return whole
  }
  // Once its pages are in the log itself the file is history: it cannot have been the last thing written.
  if (commits.length < 2 || readLog(copyOf("")).length >= all.length) return whole
  if (how === "cut") truncateSync(path, random.int(previous + 1, last - 1))
  else {
    const fd = openSync(path, "r+")
    const at = random.int(previous, last - 1)
    writeSync(fd, Buffer.alloc(Math.min(512, last - at), 0x5a), 0, undefined, at)
    closeSync(fd)
  }
  const must = readLog(copyOf("", "-wal", ""))
  return { must, lost: all.slice(must.length) }
}
