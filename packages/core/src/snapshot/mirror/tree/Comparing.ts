/**
 * Compares the content of a mirror with its volume, a part of it at a time. What did not change is not copied again, so
 * an error in the tree (of the disk, the memory, or of lastgood) would get into every later snapshot.
 *
 * A file is compared only if it is the one that the manifest lists: it has the same inode and ctime before and after it
 * was read. So the app may run.
 */
import type * as fs from "node:fs/promises"
import { setTimeout as sleep } from "node:timers/promises"
import * as Effect from "effect/Effect"
import { type IoFailed, io } from "../../../disk/io.ts"
import { Heartbeat } from "../../../process/Heartbeat.ts"
import type { Held } from "../../Held.ts"
import { codeOf, fileOnly, isGone, openBelow, readFully } from "./Blocks.ts"
import { forEachLine, type MirrorLine } from "./Line.ts"
import type { List, Totals } from "./List.ts"
import { treeAt } from "./Manifest.ts"

/** The size of what is compared or not. */
const pieceBytes = 1 << 20

const fewestParts = 8
const mostBytes = 1 << 30
const mostEntries = 50_000

/** In how many parts a mirror is compared, unless that takes too long. */
export const partsOf = ({ bytes, entries }: Totals): number =>
  Math.max(fewestParts, Math.ceil(bytes / mostBytes), Math.ceil(entries / mostEntries))

/** A part has one piece at least. */
export const mostPartsOf = ({ bytes, entries }: Totals): number =>
  partsOf({ bytes: 0, entries: 0 }) + Math.ceil(bytes / pieceBytes) + entries

type File = Pick<MirrorLine, "ctime" | "inode" | "path" | "size">

/** Where the pieces of a file begin that are in this part: by the inode, so that they stay in it. */
function* piecesOf({ inode, size }: File, part: number, parts: number): Generator<number> {
  const first = (part + parts - (Number(inode) % parts)) % parts
  for (let piece = first; piece * pieceBytes < size; piece += parts) yield piece * pieceBytes
}

/** Files with pieces in this part. Marked lines are copied again anyway. */
const filesIn = (manifest: List, part: number, parts: number) =>
  io("read", manifest.file, async () => {
    const files: Array<File> = []
    await forEachLine(manifest.file, manifest.size, ({ ctime, inode, marked, path, size, type }) => {
      if (type !== "f" || marked) return
      const file = { ctime, inode, path, size }
      if (piecesOf(file, part, parts).next().done !== true) files.push(file)
    })
    return files as ReadonlyArray<File>
  })

/**
 * @param source the name of the volume's held folder.
 * @param manifest of the mirror.
 * @param part from 0 to `parts` - 1.
 * @returns the paths, in latin1, of files whose content differs from the volume's, or cannot be read from the tree.
 */
export const differingContent = (
  source: string,
  home: Held,
  manifest: List,
  part: number,
  parts: number
): Effect.Effect<ReadonlyArray<string>, IoFailed> =>
  Effect.gen(function* () {
    const files = yield* filesIn(manifest, part, parts)
    const { beat } = yield* Heartbeat
    return yield* io("compare", home.path, async (signal) => {
      const memory = [Buffer.alloc(pieceBytes), Buffer.alloc(pieceBytes)] as const
      const goOn = makeGoOn(signal, beat)
      const differing: Array<string> = []
      for (const file of files) {
        const isEqualAt = async (theirs: fs.FileHandle, ours: fs.FileHandle, at: number) => {
          await goOn()
          const length = await readFully(theirs, memory[0], at)
          const known = await inTree(readFully(ours, memory[1], at))
          return length === known && memory[0].compare(memory[1], 0, length, 0, length) === 0
        }
        const places = piecesOf(file, part, parts)
        if (await differs(source, treeAt(home), file, places, isEqualAt)) differing.push(file.path)
      }
      return differing
    })
  })

/** Work is done for so many milliseconds, then nothing for as long: the app comes first on every disk and scheduler. */
const workMs = 20

const makeGoOn = (signal: AbortSignal, beat: () => void) => {
  let begunAt = performance.now()
  return async (): Promise<void> => {
    signal.throwIfAborted()
    beat()
    const workedMs = performance.now() - begunAt
    if (workedMs < workMs) return
    await sleep(workedMs, undefined, { signal })
    begunAt = performance.now()
  }
}

const differs = async (
  source: string,
  tree: string,
  file: File,
  places: Iterable<number>,
  isEqualAt: (theirs: fs.FileHandle, ours: fs.FileHandle, at: number) => Promise<boolean>
): Promise<boolean> => {
  const opened: Array<fs.FileHandle> = []
  try {
    const theirs = await openBelow(source, file.path, fileOnly, opened)
    if (!(await isUnchanged(theirs, file))) return false
    const ours = await inTree(openBelow(tree, file.path, fileOnly, opened))
    let isEqual = ours !== null
    for (const at of places) isEqual &&= ours !== null && (await isEqualAt(theirs, ours, at))
    return !isEqual && (await isUnchanged(theirs, file))
  } catch (error) {
    if (isGone(error)) return false
    throw error
  } finally {
    for (const handle of opened) await handle.close()
  }
}

/**
 * Whether the app has not changed it since the manifest was written. Deno tells whole seconds, which is enough: what changed
 * within seconds before the manifest is marked.
 */
const isUnchanged = async (theirs: fs.FileHandle, { ctime, inode }: File): Promise<boolean> => {
  const { ctimeNs, ino } = await theirs.stat({ bigint: true })
  const second = 1_000_000_000n
  const exact = `${ctimeNs / second}.${String(ctimeNs % second).padStart(9, "0")}0`
  const told = ctimeNs % second === 0n ? `${ctime.slice(0, ctime.indexOf("."))}.0000000000` : ctime
  return `${ino}` === inode && exact === told
}

/** What a disk says of a file that it lost. */
const lost: ReadonlySet<string> = new Set(["EIO", "EUCLEAN", "EBADMSG"])

/** @returns null: the file of the tree is not there, or cannot be read. */
const inTree = async <A>(reading: Promise<A>): Promise<A | null> => {
  try {
    return await reading
  } catch (error) {
    if (isGone(error) || lost.has(codeOf(error))) return null
    throw error
  }
}
