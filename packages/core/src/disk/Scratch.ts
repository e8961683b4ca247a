/** A temporary folder (0700) for a tool's output that is too long for memory, removed when the scope closes. */
import { createReadStream } from "node:fs"
import * as fs from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { type IoFailed, io } from "./io.ts"

const staleAfterMs = 3_600_000

/**
 * Left by a killed lastgood: its process does not exist. A recent one may belong to another container that shares /tmp.
 */
const isStale = async (folder: string, name: string, now: number): Promise<boolean> => {
  const pid = /^lastgood-scratch-(\d+)-/.exec(name)?.[1]
  if (pid === undefined) return false
  const alive = await fs.stat(`/proc/${pid}`).then(
    () => true,
    () => false
  )
  const stat = await fs.lstat(join(folder, name))
  return !alive && stat.isDirectory() && stat.uid === process.getuid?.() && stat.mtimeMs < now - staleAfterMs
}

const clearStale = (now: number) =>
  Effect.ignore(
    io("clear", tmpdir(), async () => {
      for (const name of await fs.readdir(tmpdir())) {
        if (await isStale(tmpdir(), name, now)) await fs.rm(join(tmpdir(), name), { recursive: true, force: true })
      }
    })
  )

const make = Effect.gen(function* () {
  yield* clearStale(yield* Clock.currentTimeMillis)
  return yield* io("make folder in", tmpdir(), () => fs.mkdtemp(join(tmpdir(), `lastgood-scratch-${process.pid}-`)))
})

export const scratchFolder = Effect.acquireRelease(make, (folder) =>
  Effect.ignore(io("remove", folder, () => fs.rm(folder, { recursive: true, force: true })))
)

/**
 * The records of a file, as bytes (names need not be text), a chunk at a time.
 * @param separator the byte that ends a record, which is not part of it.
 */
export async function* recordsOf(path: string, separator: number): AsyncGenerator<ReadonlyArray<Buffer>> {
  let rest: Buffer = Buffer.alloc(0)
  const chunks: AsyncIterable<Buffer> = createReadStream(path, { highWaterMark: 1 << 20 })
  for await (const chunk of chunks) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const records: Array<Buffer> = []
    let start = 0
    for (let end = bytes.indexOf(separator); end !== -1; end = bytes.indexOf(separator, start)) {
      records.push(bytes.subarray(start, end))
      start = end + 1
    }
    rest = bytes.subarray(start)
    yield records
  }
  if (rest.length > 0) yield [rest]
}

/** Calls `each` with every record of a file. */
export const forEachRecord = (
  path: string,
  separator: number,
  each: (record: Buffer) => void
): Effect.Effect<void, IoFailed> =>
  io("read", path, async () => {
    for await (const records of recordsOf(path, separator)) records.forEach(each)
  })
