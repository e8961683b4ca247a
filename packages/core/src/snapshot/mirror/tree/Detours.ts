/**
 * tar opens a name as a path. While the app runs, it may replace a folder on the way by a symlink, so that the copy is
 * of a file elsewhere on the host (LAW-13). A folder that was replaced, even for a moment, has another ctime afterwards.
 */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type { Held } from "../../Held.ts"
import { changesBetween } from "./Changes.ts"
import { type MirrorLine, parentOf } from "./Line.ts"
import type { List } from "./List.ts"
import { walkInto } from "./Walking.ts"

/**
 * @param source the name of the volume's held folder.
 * @param list of the walk before the copies.
 * @returns the offsets of the copied lines that are below a folder that changed since the walk.
 */
export const possibleDetours = (home: Held, source: string, list: List, copied: Iterable<MirrorLine>) =>
  Effect.gen(function* () {
    const again = yield* walkInto(join(home.at, "walk.again"), source, "beside")
    const since = yield* changesBetween(list, again)
    const changed = since === null ? null : new Set(since.before.pathsOf(({ type }) => type === "d"))
    const offsets: Array<number> = []
    for (const { at, path } of copied) {
      if (changed === null || foldersAbove(path).some((folder) => changed.has(folder))) offsets.push(at)
    }
    return offsets
  })

const foldersAbove = (path: string): ReadonlyArray<string> => {
  const folders: Array<string> = []
  for (let above = parentOf(path); above !== null; above = parentOf(above)) folders.push(above)
  return folders
}
