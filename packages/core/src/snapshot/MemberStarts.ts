/**
 * Where the members of an archive begin, which no listing of tar says: a member begins with its extended headers. Reads
 * headers only, and skips the content. What it finds is used only where it agrees with tar's own listing (`Index.ts`), so a
 * header that tar reads in another way costs an index, and nothing else.
 */
import type { FileHandle } from "node:fs/promises"

/** In blocks of 512 bytes. */
export interface Start {
  readonly start: number
  /** Of the member's own header: the number that tar's listing has. */
  readonly header: number
}

const blockBytes = 512

/** One read covers many small members. */
const windowBlocks = 128

/** An extended header has the names and xattrs of one member. */
const mostExtended = 1 << 20

/** Headers that come before the header of a member. */
const before: ReadonlySet<string> = new Set(["x", "g", "L", "K"])

/** A number in a header: octal digits, or binary if the first bit is set. */
const numberAt = (block: Buffer, offset: number, length: number): number => {
  const field = block.subarray(offset, offset + length)
  if (((field[0] ?? 0) & 0x80) !== 0) {
    return field.subarray(1).reduce((sum, byte) => sum * 256 + byte, (field[0] ?? 0) & 0x7f)
  }
  const text = field.toString("latin1").replaceAll("\0", " ").trim()
  return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : text === "" ? 0 : Number.NaN
}

/** The sum of all bytes, with spaces in the place of the sum. */
const isHeader = (block: Buffer): boolean => {
  let sum = 0
  for (let i = 0; i < block.length; i++) sum += i >= 148 && i < 156 ? 0x20 : (block[i] ?? 0)
  return sum === numberAt(block, 148, 8)
}

/** The size in a pax header (`<length> <key>=<value>\n` …), which replaces the one in the member's header. */
const sizeIn = (pax: Buffer): number | null => {
  let size: number | null = null
  for (let at = 0; at < pax.length; ) {
    const space = pax.indexOf(0x20, at)
    const length = Number(pax.subarray(at, space).toString("latin1"))
    if (space === -1 || !Number.isSafeInteger(length) || length < space - at + 2) return size
    const [, value] = /^size=(\d+)\n$/.exec(pax.subarray(space + 1, at + length).toString("latin1")) ?? []
    if (value !== undefined) size = Number(value)
    at += length
  }
  return size
}

/** Ends at the mark of the end, or where a block is not a header. */
export async function* memberStarts(archive: FileHandle): AsyncGenerator<Start> {
  const memory = Buffer.alloc(windowBlocks * blockBytes)
  let [from, read] = [0, 0]
  const blockAt = async (block: number): Promise<Buffer | null> => {
    if (block < from || block >= from + read) {
      const { bytesRead } = await archive.read(memory, 0, memory.length, block * blockBytes)
      from = block
      read = Math.floor(bytesRead / blockBytes)
      if (read === 0) return null
    }
    return memory.subarray((block - from) * blockBytes, (block - from + 1) * blockBytes)
  }
  const contentAt = async (block: number, bytes: number): Promise<Buffer> => {
    const offset = (block - from) * blockBytes
    if (offset >= 0 && offset + bytes <= read * blockBytes) return memory.subarray(offset, offset + bytes)
    const content = Buffer.alloc(bytes)
    const { bytesRead } = await archive.read(content, 0, bytes, block * blockBytes)
    return content.subarray(0, bytesRead)
  }
  let start = 0
  let size: number | null = null
  for (let at = 0; ; ) {
    const block = await blockAt(at)
    if (block === null || !isHeader(block)) return
    const type = String.fromCharCode(block[156] ?? 0)
    const own = numberAt(block, 124, 12)
    if (!Number.isSafeInteger(own)) return
    if (before.has(type)) {
      if (own > mostExtended) return
      if (type === "x") size = sizeIn(await contentAt(at + 1, own))
      at += 1 + Math.ceil(own / blockBytes)
      continue
    }
    yield { start, header: at }
    // A hard link has no content, whatever its size is.
    at += 1 + (type === "1" ? 0 : Math.ceil((size ?? own) / blockBytes))
    start = at
    size = null
  }
}
