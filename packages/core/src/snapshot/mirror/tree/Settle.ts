/**
 * Makes a tree safe to work on by names: afterwards every path in it has a line of the same type in the list, and every
 * line that the tree does not equal is marked. Without it, a name of the list could lead through a symlink in the tree.
 * The names to remove come from a walk of the tree itself, which follows no symlink.
 */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { io } from "../../../disk/io.ts"
import { scratchFolder } from "../../../disk/Scratch.ts"
import { forEachDifference, typeIn } from "./Differences.ts"
import { copied, forEachLine, type MirrorLine, parentOf } from "./Line.ts"
import type { List } from "./List.ts"
import type { Mode } from "./Mode.ts"
import { removeNames } from "./Removing.ts"
import { walkInto } from "./Walking.ts"

/**
 * @param touched names that may not be as the list says for other reasons.
 * @returns the offsets of the lines to mark.
 */
export const settle = (tree: string, list: List, touched: Iterable<string>, mode: Mode) =>
  Effect.gen(function* () {
    const scratch = yield* scratchFolder
    const found = yield* walkInto(join(scratch, "tree"), tree, mode)
    const suspects = new Set(touched)
    const unlisted: Array<string> = []
    yield* forEachDifference(found, list, mode, typeIfMarked, (path, { found, listed }) => {
      const isOther = found !== null && typeIn(found) !== typeIn(listed)
      if (listed !== null && isMarked(listed) && !isOther) return
      suspects.add(path)
      if (!isOther) return
      unlisted.push(path)
      suspects.add(parentOf(path) ?? path)
    })
    yield* removeNames(tree, unlisted, mode)
    return suspects.size === 0 ? [] : yield* io("read", list.file, () => linesOf(list, suspects))
  }).pipe(Effect.scoped)

/** Of a line that is marked already, only the type matters. There may be many: what is not copied yet is marked. */
const typeIfMarked = (line: MirrorLine): string => (line.marked ? `${line.type}!` : copied(line))

const isMarked = (listed: string): boolean => listed.charAt(1) === "!"

/** The offsets of the lines of paths, with all hard links of each: these are only right when copied together. */
const linesOf = async (list: List, paths: ReadonlySet<string>): Promise<ReadonlyArray<number>> => {
  const linked = new Set<string>()
  await forEachLine(list.file, list.size, ({ inode, links, path, type }) => {
    if (type !== "d" && links > 1 && paths.has(path)) linked.add(inode)
  })
  const offsets: Array<number> = []
  await forEachLine(list.file, list.size, ({ at, inode, path, type }) => {
    if (paths.has(path) || (type !== "d" && linked.has(inode))) offsets.push(at)
  })
  return offsets
}
