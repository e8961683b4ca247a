/** The file of a report: a tar of a few texts, made in memory, so that no other file contains any of it. */
import { open, rm } from "node:fs/promises"
import { gzipSync } from "node:zlib"
import * as Effect from "effect/Effect"
import { Header } from "tar/header"
import { notWritten } from "../writeNew.ts"

export interface BundleFile {
  readonly name: string
  readonly text: string
}

/** The block size of a tar, in bytes. */
const blockBytes = 512

const padded = (bytes: Uint8Array): Uint8Array =>
  Buffer.concat([bytes], Math.ceil(bytes.length / blockBytes) * blockBytes)

const entryOf = (path: string, text: string, mtime: Date): ReadonlyArray<Uint8Array> => {
  const bytes = Buffer.from(text)
  const header = Buffer.alloc(blockBytes)
  new Header({ path, type: "File", mode: 0o600, uid: 0, gid: 0, size: bytes.length, mtime }).encode(header)
  return [header, padded(bytes)]
}

/** @param folder the folder of all files in the tar. */
export const packed = (folder: string, mtime: Date, files: ReadonlyArray<BundleFile>): Uint8Array => {
  const entries = files.flatMap(({ name, text }) => entryOf(`${folder}/${name}`, text, mtime))
  return gzipSync(Buffer.concat([...entries, Buffer.alloc(2 * blockBytes)]))
}

/** Never overwrites a file, and removes a file that cannot be written completely. */
export const writeBundle = (file: string, bytes: Uint8Array) =>
  Effect.tryPromise({
    try: async () => {
      const handle = await open(file, "wx", 0o600)
      try {
        await handle.writeFile(bytes)
      } catch (cause) {
        await rm(file, { force: true })
        throw cause
      } finally {
        await handle.close()
      }
    },
    catch: notWritten(file, {
      elsewhere: "name another file: --output <file>",
      denied: "name a file in a folder that you may write to: --output <file>"
    })
  })
