/**
 * The difference of two lists of one folder. They are nearly the same and nearly in the same order, so equal stretches
 * are found by comparing bytes; only lines that differ are looked at. The order does not matter for the result.
 */
import * as fs from "node:fs/promises"
import type * as Effect from "effect/Effect"
import { type IoFailed, io } from "../../../disk/io.ts"
import { bytesOf, lineEnd, type MirrorLine, parseLine } from "./Line.ts"
import { Lines } from "./Lines.ts"
import type { List } from "./List.ts"

export interface Changes {
  /** By path: lines of the older list that the newer one does not have. */
  readonly before: Lines
  /** By path: lines of the newer list that the older one does not have. */
  readonly now: Lines
  readonly later: Later
  /** Of all files of the newer list that differ. */
  readonly bytes: number
}

/** What differs as well, and is left for later. */
export interface Later {
  /** In the newer list. */
  readonly offsets: Array<number>
  /** How many entries more there are. */
  entries: number
  /** How many bytes more the files have. */
  bytes: number
}

/** More differing lines than this are not kept in memory. */
const most = 200_000

/** No change is left for later. */
export const allOfThem = Number.POSITIVE_INFINITY

/** A file takes as much time as so many bytes of a large one. */
const bytesPerEntry = 1 << 16

/** Also those that are left in memory when nothing is left for later. */
const mostNow = 80_000

/** Each is an offset in memory. */
const mostLeft = 1_000_000

/**
 * @param older null: everything is new.
 * @param bytes of the files that differ, about: what comes after them in the newer list is left for later, unless both lists
 *   would have to be known to the end for that.
 * @returns null: too much differs, or would be left for later.
 */
export const changesBetween = (
  older: List | null,
  newer: List,
  bytes = allOfThem
): Effect.Effect<Changes | null, IoFailed> =>
  io("compare", newer.file, async () => {
    const left = await Window.open(older ?? { file: newer.file, size: 0 })
    const right = await Window.open(newer)
    try {
      return await compare(left, right, bytes)
    } finally {
      await left.close()
      await right.close()
    }
  })

const compare = async (left: Window, right: Window, bytes: number): Promise<Changes | null> => {
  const before = new Lines()
  const now = new Lines()
  const later: Later = { offsets: [], entries: 0, bytes: 0 }
  let taken = 0
  let differing = 0
  const isFull = () => taken >= bytes || (bytes !== allOfThem && now.size >= mostNow)
  const keep = (line: MirrorLine, into: Lines, other: Lines) => {
    // The same line in another place.
    if (other.get(line.path)?.raw === line.raw) other.delete(line.path)
    else into.set(line)
    if (into === before) return
    taken += bytesPerEntry + bytesOf(line)
    differing += bytesOf(line)
  }
  const take = (from: Window, into: Lines, other: Lines) => keep(from.take(), into, other)
  const leave = (line: MirrorLine, instead: MirrorLine | null) => {
    later.offsets.push(line.at)
    later.entries += instead === null ? 1 : 0
    later.bytes += bytesOf(line) - (instead === null ? 0 : bytesOf(instead))
    differing += bytesOf(line)
  }
  while (true) {
    await left.fill()
    await right.fill()
    if (left.isEmpty && right.isEmpty) return { before, now, later, bytes: differing }
    if (before.size + now.size > most || later.offsets.length > mostLeft) return null
    const same = commonLines(left.bytes, right.bytes)
    left.skip(same)
    right.skip(same)
    if (same > 0) continue
    if (left.isEmpty) {
      const line = right.take()
      if (isFull() && !before.has(line.path)) leave(line, null)
      else keep(line, now, before)
    } else if (right.isEmpty) take(left, before, now)
    else if (left.pathOfFirst().equals(right.pathOfFirst())) {
      if (isFull() && left.typeOfFirst() === right.typeOfFirst()) {
        const instead = left.take()
        leave(right.take(), instead)
      } else {
        take(left, before, now)
        take(right, now, before)
      }
    } else {
      const added = right.find(left.firstLine())
      const removed = left.find(right.firstLine())
      const isAdded = added !== null && (removed === null || added <= removed)
      if (isAdded) while (right.offset < added) take(right, now, before)
      else if (removed !== null) while (left.offset < removed) take(left, before, now)
      else {
        take(left, before, now)
        take(right, now, before)
      }
    }
  }
}

/** The length of the equal whole lines at the start of both. */
const commonLines = (a: Buffer, b: Buffer): number => {
  const length = Math.min(a.length, b.length)
  let same = 0
  for (let step = 4096; same < length; step *= 2) {
    const end = Math.min(same + step, length)
    if (a.compare(b, same, end, same, end) === 0) {
      same = end
      continue
    }
    same = firstDifference(a, b, same, end)
    break
  }
  if (same < 2) return 0
  const end = a.lastIndexOf(lineEnd, same - 2)
  return end === -1 ? 0 : end + 2
}

const firstDifference = (a: Buffer, b: Buffer, from: number, to: number): number => {
  let low = from
  let high = to
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (a.compare(b, low, middle, low, middle) === 0) low = middle
    else high = middle
  }
  return low
}

const capacity = 1 << 20
/** A line has at most the length of a path and of a target, and the numbers. */
const longestLine = 16 * 1024
/** How far a line is searched for in the other list. */
const searched = 64 * 1024

/** A part of a list in memory, which moves on to its end. */
class Window {
  private readonly list: List
  private readonly handle: fs.FileHandle
  private readonly memory = Buffer.alloc(capacity)
  private start = 0
  private end = 0
  private read = 0

  private constructor(list: List, handle: fs.FileHandle) {
    this.list = list
    this.handle = handle
  }

  static async open(list: List): Promise<Window> {
    return new Window(list, await fs.open(list.file, "r"))
  }

  close(): Promise<void> {
    return this.handle.close()
  }

  /** Reads on when less than is searched is in memory. */
  async fill(): Promise<void> {
    if (this.end - this.start > searched + longestLine || this.read === this.list.size) return
    this.memory.copy(this.memory, 0, this.start, this.end)
    this.end -= this.start
    this.start = 0
    while (this.end < capacity && this.read < this.list.size) {
      const wanted = Math.min(capacity - this.end, this.list.size - this.read)
      const { bytesRead } = await this.handle.read(this.memory, this.end, wanted, this.read)
      if (bytesRead === 0) throw new Error(`${this.list.file} ends before its size`)
      this.end += bytesRead
      this.read += bytesRead
    }
  }

  get isEmpty(): boolean {
    return this.start === this.end
  }

  /** In the list, of the first byte in memory. */
  get offset(): number {
    return this.read - (this.end - this.start)
  }

  get bytes(): Buffer {
    return this.memory.subarray(this.start, this.end)
  }

  skip(bytes: number): void {
    this.start += bytes
  }

  firstLine(): Buffer {
    const { bytes } = this
    const end = bytes.indexOf(lineEnd)
    if (end === -1) throw new Error(`${this.list.file} ends within a line`)
    return bytes.subarray(0, end + 2)
  }

  pathOfFirst(): Buffer {
    const line = this.firstLine()
    return line.subarray(line.indexOf(0) + 1)
  }

  /** After the mark. */
  typeOfFirst(): number | undefined {
    return this.bytes[1]
  }

  take(): MirrorLine {
    const raw = this.firstLine()
    const line = parseLine(raw.toString("latin1"), this.offset)
    this.skip(raw.length)
    return line
  }

  /** The offset of a line that comes soon; null: it does not. */
  find(line: Buffer): number | null {
    const soon = this.bytes.subarray(0, searched)
    const at = soon.indexOf(line)
    if (at === -1) return null
    const isStart = at === 0 || soon.subarray(at - 2, at).equals(lineEnd)
    return isStart ? this.offset + at : null
  }
}
