/** Reads the first bytes of a file in a volume, one path component at a time and through no link (LAW-13). */
import { constants } from "node:fs"
import * as fs from "node:fs/promises"
import * as Effect from "effect/Effect"
import { type IoFailed, io } from "../disk/io.ts"
import { headerBytes } from "./Databases.ts"
import type { Folder } from "./Folder.ts"

const folderOnly = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW
/** Opening a pipe that replaced the file must not wait for a writer. */
const fileOnly = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/** The app may run: a file that disappeared or was replaced has no header. */
const gone: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR", "ELOOP", "ENXIO", "ESTALE"])

/** @returns null: the file does not exist any more. */
export const readHeader = (folder: Folder, path: Buffer): Effect.Effect<Buffer | null, IoFailed> =>
  io("read", `${folder.path}/${path.toString("utf8")}`, () => read(folder, path)).pipe(
    Effect.catch((error) => (gone.has(error.code) ? Effect.succeed(null) : Effect.fail(error)))
  )

const read = async (folder: Folder, path: Buffer): Promise<Buffer | null> => {
  const names = path.toString("latin1").split("/")
  const opened: Array<fs.FileHandle> = []
  try {
    let at = folder.at
    for (const [i, name] of names.entries()) {
      const isLast = i === names.length - 1
      const next = await fs.open(Buffer.from(`${at}/${name}`, "latin1"), isLast ? fileOnly : folderOnly)
      opened.push(next)
      at = `/proc/${process.pid}/fd/${next.fd}`
    }
    const file = opened.at(-1)
    if (file === undefined || !(await file.stat()).isFile()) return null
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headerBytes), 0, headerBytes, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    for (const handle of opened) await handle.close()
  }
}
