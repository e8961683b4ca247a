/** Brings one large file of the tree up to date: only the blocks that differ are written. */
import { constants } from "node:fs"
import * as fs from "node:fs/promises"
import type * as Effect from "effect/Effect"
import { type IoFailed, io } from "../../../disk/io.ts"
import type { Spend } from "./Pace.ts"

/** Both files' chunks stay in the processor's cache until they are compared. */
const chunkBytes = 256 * 1024
const pageBytes = 4096
/** Differing pages with less between them are written together. */
const gapBytes = 16 * 1024

/** Set-user-ID, set-group-ID and sticky. */
const special = 0o7000

const folderOnly = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW
/** Opening a pipe that replaced the file must not wait for a writer. */
export const fileOnly = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

const gone: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR", "ELOOP", "ENXIO", "ESTALE"])

/** Of an error of the system; empty: it has none. */
export const codeOf = (error: unknown): string => (error instanceof Error && "code" in error ? String(error.code) : "")

/** Whether an error says that a file has disappeared or was replaced. The app may run. */
export const isGone = (error: unknown): boolean => gone.has(codeOf(error))

/**
 * Copies the blocks that differ, and nothing else of the file.
 *
 * @param source the name of the volume's held folder.
 * @param path in latin1.
 * @param beat tells that the work goes on, since no program runs meanwhile.
 * @param spend waits until so many bytes of the file may be read.
 * @returns the bytes written; null: the file must be copied as a whole. It has holes, or hard links in the tree, or is
 *   not a file any more.
 */
export const copyBlocks = (
  source: string,
  tree: string,
  path: string,
  beat: () => void,
  spend: Spend
): Effect.Effect<number | null, IoFailed> =>
  io("copy", `${tree}/${path}`, async (signal) => {
    const opened: Array<fs.FileHandle> = []
    try {
      const from = await openBelow(source, path, fileOnly, opened)
      const to = await openBelow(tree, path, constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK, opened)
      const theirs = await from.stat()
      const ours = await to.stat()
      const isWhole = theirs.blocks * 512 >= theirs.size
      if (!theirs.isFile() || !isWhole || !ours.isFile() || ours.nlink !== 1) return null
      // cp sets the ACL of a file instead of its mode, which leaves these bits.
      if ((ours.mode & special) !== 0) await fs.chmod(`/proc/${process.pid}/fd/${to.fd}`, ours.mode & 0o777)
      const goOn = async (bytes: number) => {
        signal.throwIfAborted()
        beat()
        await spend(bytes, signal)
      }
      const written = await copyDiffering(from, to, goOn, signal)
      await to.truncate(theirs.size)
      return written
    } catch (error) {
      if (isGone(error)) return null
      throw error
    } finally {
      for (const handle of opened) await handle.close()
    }
  })

/** Whether a path of a tree is a file. An interrupted refresh may have removed it, or left it for a later part. */
export const isThere = (tree: string, path: string): Effect.Effect<boolean, IoFailed> =>
  io("look at", `${tree}/${path}`, async () => {
    const opened: Array<fs.FileHandle> = []
    try {
      return (await fs.lstat(await nameBelow(tree, path, opened))).isFile()
    } catch (error) {
      if (isGone(error)) return false
      throw error
    } finally {
      for (const handle of opened) await handle.close()
    }
  })

/** Opens a file one component at a time and through no link (LAW-13). */
export const openBelow = async (folder: string, path: string, flags: number, opened: Array<fs.FileHandle>) => {
  const file = await fs.open(await nameBelow(folder, path, opened), flags)
  opened.push(file)
  return file
}

/** A name of a file for operations. Only its last component may be a link. It is good while the folders are open. */
const nameBelow = async (folder: string, path: string, opened: Array<fs.FileHandle>): Promise<Buffer> => {
  const parent = await openFolderBelow(folder, path.slice(0, path.lastIndexOf("/")), opened)
  return Buffer.from(`${parent}${path.slice(path.lastIndexOf("/"))}`, "latin1")
}

/** Opens a folder in the same way. @returns a name of it for operations, as long as it is open. */
export const openFolderBelow = async (folder: string, path: string, opened: Array<fs.FileHandle>): Promise<string> => {
  let at = folder
  for (const name of path.split("/").slice(1)) {
    const next = await fs.open(Buffer.from(`${at}/${name}`, "latin1"), folderOnly)
    opened.push(next)
    at = `/proc/${process.pid}/fd/${next.fd}`
  }
  return at
}

const copyDiffering = async (
  from: fs.FileHandle,
  to: fs.FileHandle,
  goOn: (bytes: number) => Promise<void>,
  signal: AbortSignal
): Promise<number> => {
  const theirs = Buffer.alloc(chunkBytes)
  const ours = Buffer.alloc(chunkBytes)
  let written = 0
  for (let at = 0; ; at += chunkBytes) {
    await goOn(chunkBytes)
    const [length, known] = await Promise.all([readFully(from, theirs, at), readFully(to, ours, at)])
    if (length !== known || theirs.compare(ours, 0, length, 0, length) !== 0) {
      for (const [start, end] of differingRanges(theirs.subarray(0, length), ours.subarray(0, known))) {
        // Whoever interrupts it may put the tree to another use, and the disk may have taken long to read.
        signal.throwIfAborted()
        await writeFully(to, theirs.subarray(start, end), at + start)
        written += end - start
      }
    }
    if (length < chunkBytes) return written
  }
}

export const readFully = async (file: fs.FileHandle, into: Buffer, at: number): Promise<number> => {
  let length = 0
  while (length < into.length) {
    const { bytesRead } = await file.read(into, length, into.length - length, at + length)
    if (bytesRead === 0) break
    length += bytesRead
  }
  return length
}

const writeFully = async (file: fs.FileHandle, bytes: Buffer, at: number): Promise<void> => {
  for (let done = 0; done < bytes.length; ) {
    done += (await file.write(bytes, done, bytes.length - done, at + done)).bytesWritten
  }
}

function* differingRanges(theirs: Buffer, ours: Buffer): Generator<readonly [start: number, end: number]> {
  let range: readonly [start: number, end: number] | null = null
  for (let at = 0; at < theirs.length; at += pageBytes) {
    const end = Math.min(at + pageBytes, theirs.length)
    if (end <= ours.length && theirs.compare(ours, at, end, at, end) === 0) continue
    if (range !== null && at - range[1] > gapBytes) {
      yield range
      range = null
    }
    range = [range?.[0] ?? at, end]
  }
  if (range !== null) yield range
}
