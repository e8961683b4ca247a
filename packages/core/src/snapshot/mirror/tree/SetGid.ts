/**
 * A folder that is made in one with the set-group-ID bit gets that bit. tar takes the mode of a folder that it made for
 * the one that it asked for, so a new folder without rights for group and others (0700 or less) would keep the bit.
 */
import * as fs from "node:fs/promises"
import * as Effect from "effect/Effect"
import { io } from "../../../disk/io.ts"
import { isGone, openFolderBelow } from "./Blocks.ts"
import type { Changes } from "./Changes.ts"
import { type MirrorLine, parentOf } from "./Line.ts"

const setGid = 0o2000

/**
 * Takes the bit away from the folders of the tree in which folders are made.
 *
 * @param copied names that tar copies afterwards: it sets the modes of these folders again.
 */
export const letNoneInherit = (tree: string, { before, now }: Changes, copied: ReadonlySet<string>) => {
  // A marked line may be of one that is not in the tree.
  const isNew = ({ path, type }: MirrorLine) => {
    const known = before.get(path)
    return type === "d" && (known === undefined || known.marked || known.type !== "d")
  }
  const parents = new Set(now.pathsOf(isNew).map((path) => parentOf(path) ?? path))
  return Effect.forEach(
    [...parents].filter((path) => copied.has(path)),
    (path) => io("set mode of", `${tree}/${path}`, () => clear(tree, path)),
    { discard: true }
  )
}

const clear = async (tree: string, path: string): Promise<void> => {
  const opened: Array<fs.FileHandle> = []
  try {
    const folder = await openFolderBelow(tree, path, opened)
    const { mode } = await fs.stat(folder)
    if ((mode & setGid) !== 0) await fs.chmod(folder, mode & 0o7777 & ~setGid)
  } catch (error) {
    // It is new itself, or will be.
    if (!isGone(error)) throw error
  } finally {
    for (const handle of opened) await handle.close()
  }
}
