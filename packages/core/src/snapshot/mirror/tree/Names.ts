/** Names of entries on their way to tools, which read them from a file: names are bytes, and may be many. */
import { createWriteStream } from "node:fs"
import { pipeline } from "node:stream/promises"
import type * as Effect from "effect/Effect"
import { type IoFailed, io } from "../../../disk/io.ts"

/** Writes names (in latin1, one character per byte), each followed by a NUL. */
export const writeNames = (file: string, names: Iterable<string>): Effect.Effect<void, IoFailed> =>
  io("write", file, (signal) => pipeline(chunksOf(names), createWriteStream(file, { mode: 0o600 }), { signal }))

const chunkBytes = 1 << 18

function* chunksOf(names: Iterable<string>): Generator<Buffer> {
  let chunk = ""
  for (const name of names) {
    chunk += `${name}\0`
    if (chunk.length < chunkBytes) continue
    yield Buffer.from(chunk, "latin1")
    chunk = ""
  }
  if (chunk !== "") yield Buffer.from(chunk, "latin1")
}
