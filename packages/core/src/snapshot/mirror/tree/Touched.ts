/** Checks the copies of a refresh against the list: only those, since the time counts. */
import * as fs from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { io } from "../../../disk/io.ts"
import { scratchFolder } from "../../../disk/Scratch.ts"
import { copied, forEachLine, lineFormat, type MirrorLine } from "./Line.ts"
import { runAt } from "./Mode.ts"
import { writeNames } from "./Names.ts"

/** Of the names in one call of find. The kernel's limit is 128 KiB at least. */
const batchBytes = 96 * 1024

/**
 * @param lines what was copied.
 * @returns the paths of the copies that differ, and whether a file has hard links other than those of the lines: only a
 *   check of the whole tree tells whether these are right.
 */
export const differingCopies = (tree: string, lines: Iterable<MirrorLine>) =>
  Effect.gen(function* () {
    const scratch = yield* scratchFolder
    const args = join(scratch, "args")
    const out = join(scratch, "found")
    const differing: Array<string> = []
    let hasMore = false
    const inodes = new Map<string, Set<string>>()
    for (const batch of batchesOf(lines)) {
      // The names come first, the expression after them: find wants it so.
      yield* writeNames(args, [...batch.keys(), "-maxdepth", "0", "-fprintf", out, lineFormat])
      yield* runAt("quiet", "xargs", ["--null", `--arg-file=${args}`, "--max-chars=131072", "--", "find"], {
        cwd: tree,
        codes: [0, 123]
      })
      const size = yield* io("measure", out, async () => (await fs.stat(out)).size)
      yield* io("read", out, () =>
        forEachLine(out, size, (found) => {
          const line = batch.get(found.path)
          if (line === undefined || copied(line) !== copied(found)) return
          batch.delete(found.path)
          if (line.type === "d") return
          // Nearly all files have one name, and need not be remembered.
          if (line.links > 1) remember(inodes, line.inode, `${found.inode} ${found.links}`)
          else if (found.links > 1) hasMore = true
        })
      )
      differing.push(...batch.keys())
    }
    return { differing, hasOtherLinks: hasMore || hasOtherLinks(inodes, lines) }
  }).pipe(Effect.scoped)

const remember = (inodes: Map<string, Set<string>>, inode: string, found: string): void => {
  const known = inodes.get(inode)
  if (known === undefined) inodes.set(inode, new Set([found]))
  else known.add(found)
}

const isLinked = ({ links, type }: MirrorLine): boolean => type !== "d" && links > 1

/** Whether the lines of an inode are not, in both trees, all names of one inode. */
const hasOtherLinks = (inodes: ReadonlyMap<string, ReadonlySet<string>>, lines: Iterable<MirrorLine>): boolean => {
  const names = new Map<string, number>()
  for (const line of lines) if (isLinked(line)) names.set(line.inode, (names.get(line.inode) ?? 0) + 1)
  for (const line of lines) {
    if (!isLinked(line)) continue
    const { inode, links } = line
    const [found = "", ...others] = inodes.get(inode) ?? []
    if (others.length > 0 || links !== names.get(inode) || found.split(" ")[1] !== String(links)) return true
  }
  return false
}

function* batchesOf(lines: Iterable<MirrorLine>): Generator<Map<string, MirrorLine>> {
  let batch = new Map<string, MirrorLine>()
  let bytes = 0
  for (const line of lines) {
    batch.set(line.path, line)
    bytes += line.path.length + 1
    if (bytes < batchBytes) continue
    yield batch
    batch = new Map()
    bytes = 0
  }
  if (batch.size > 0) yield batch
}
