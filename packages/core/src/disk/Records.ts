/**
 * Files of records that are too long for memory: lists of names, which may be any bytes. They are read into the same memory
 * again and again, since what a garbage collector has not freed yet would be most of the memory of a long list.
 */
import * as fs from "node:fs/promises"
import type * as Effect from "effect/Effect"
import { type IoFailed, io } from "./io.ts"

const chunkBytes = 1 << 18

/**
 * The whole records of a file, many at a time, each with its end. The last one may lack it.
 *
 * @param end of each record.
 * @param bytes of the file; what follows is not read.
 * @returns bytes that are valid only until the next are asked for.
 */
export async function* chunksOf(
  path: string,
  end: Buffer,
  bytes = Number.POSITIVE_INFINITY
): AsyncGenerator<Buffer, void, undefined> {
  const file = await fs.open(path, "r")
  try {
    let memory = Buffer.allocUnsafeSlow(chunkBytes)
    let kept = 0
    for (let at = 0; at < bytes; ) {
      if (kept === memory.length) memory = Buffer.concat([memory], 2 * memory.length)
      const { bytesRead } = await file.read(memory, kept, Math.min(memory.length - kept, bytes - at), at)
      if (bytesRead === 0) break
      at += bytesRead
      const filled = kept + bytesRead
      const last = memory.subarray(0, filled).lastIndexOf(end)
      const whole = last === -1 ? 0 : last + end.length
      if (whole > 0) yield memory.subarray(0, whole)
      memory.copyWithin(0, whole, filled)
      kept = filled - whole
    }
    if (kept > 0) yield memory.subarray(0, kept)
  } finally {
    await file.close()
  }
}

/** @param separator the byte that ends a record, which is not part of it. */
function* recordsIn(chunk: Buffer, separator: number): Generator<Buffer> {
  let start = 0
  for (let end = chunk.indexOf(separator); end !== -1; end = chunk.indexOf(separator, start)) {
    yield chunk.subarray(start, end)
    start = end + 1
  }
  if (start < chunk.length) yield chunk.subarray(start)
}

/**
 * The records of a file, many at a time.
 *
 * @param separator the byte that ends a record, which is not part of it.
 * @returns records that are valid only until the next are asked for.
 */
export async function* recordsOf(path: string, separator: number): AsyncGenerator<Iterable<Buffer>> {
  for await (const chunk of chunksOf(path, Buffer.of(separator))) yield recordsIn(chunk, separator)
}

/** Calls `each` with every record of a file, which is valid only during the call: a record that is kept must be copied. */
export const forEachRecord = (
  path: string,
  separator: number,
  each: (record: Buffer) => void
): Effect.Effect<void, IoFailed> =>
  io("read", path, async () => {
    for await (const records of recordsOf(path, separator)) for (const record of records) each(record)
  })
