/**
 * The list of a tree: the lines of a walk, then (once it is complete) the totals. The manifest is the list of the source
 * that the tree equals.
 */
import * as fs from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { type IoFailed, io } from "../../../disk/io.ts"
import type { Held } from "../../Held.ts"
import { mark } from "./Line.ts"

export interface Totals {
  readonly entries: number
  /** Of all names of all files. */
  readonly bytes: number
}

export interface List {
  readonly file: string
  /** Of the lines. */
  readonly size: number
}

export const manifestAt = (home: Held): string => join(home.at, "manifest")

const totalsBytes = 40
const totalsShape = /^#([ \d]{15}) ([ \d]{22})\n$/

const totalsText = ({ bytes, entries }: Totals): string =>
  `#${String(entries).padStart(15)} ${String(bytes).padStart(22)}\n`

/** Marks lines, and completes the list with the totals. What it contains is not yet on disk. */
export const complete = (list: List, marked: Iterable<number>, totals: Totals): Effect.Effect<void, IoFailed> =>
  io("write", list.file, async () => {
    const handle = await fs.open(list.file, "r+")
    try {
      await writeMarks(handle, marked)
      await handle.truncate(list.size)
      await handle.write(totalsText(totals), list.size)
    } finally {
      await handle.close()
    }
  })

const chunkBytes = 1 << 16

/** Many lines may be marked, near each other. */
const writeMarks = async (handle: fs.FileHandle, marked: Iterable<number>): Promise<void> => {
  const memory = Buffer.alloc(chunkBytes)
  const offsets = Float64Array.from(marked).sort()
  for (let i = 0; i < offsets.length; ) {
    const start = offsets[i] ?? 0
    const { bytesRead } = await handle.read(memory, 0, chunkBytes, start)
    for (; i < offsets.length && (offsets[i] ?? 0) < start + bytesRead; i++)
      memory.write(mark, (offsets[i] ?? 0) - start)
    if (bytesRead === 0) throw new Error(`a mark at ${start}, which is after the end`)
    await handle.write(memory, 0, bytesRead, start)
  }
}

/** A complete list; null: there is none, or it is not complete. */
export const readList = (file: string): Effect.Effect<(List & Totals) | null, IoFailed> =>
  io("read", file, async () => {
    const handle = await fs.open(file, "r")
    try {
      const size = (await handle.stat()).size - totalsBytes
      if (size < 0) return null
      const { buffer } = await handle.read(Buffer.alloc(totalsBytes), 0, totalsBytes, size)
      const [, entries, bytes] = totalsShape.exec(buffer.toString("latin1")) ?? []
      return bytes === undefined ? null : { file, size, entries: Number(entries), bytes: Number(bytes) }
    } finally {
      await handle.close()
    }
  }).pipe(Effect.catch((error) => (error.code === "ENOENT" ? Effect.succeed(null) : Effect.fail(error))))
