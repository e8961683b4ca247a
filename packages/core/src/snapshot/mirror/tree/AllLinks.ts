/**
 * The hard links of a file are only right when they are copied together. If one of its names has another path because a
 * folder was renamed, the file itself is unchanged, and so are the lines of its other names.
 */
import type * as Effect from "effect/Effect"
import { type IoFailed, io } from "../../../disk/io.ts"
import type { Changes } from "./Changes.ts"
import { forEachLine } from "./Line.ts"
import type { List } from "./List.ts"

/** Adds the other names of each file that is copied, unless they are left for later. */
export const takeAllLinks = ({ before, later, now }: Changes, list: List): Effect.Effect<void, IoFailed> =>
  io("read", list.file, async () => {
    const missing = new Map<string, number>()
    for (const { inode, links, type } of now) {
      if (type !== "d" && links > 1) missing.set(inode, (missing.get(inode) ?? links) - 1)
    }
    for (const [inode, count] of missing) if (count === 0) missing.delete(inode)
    if (missing.size === 0) return
    const left = new Set(later.offsets)
    await forEachLine(list.file, list.size, (line) => {
      if (line.type === "d" || !missing.has(line.inode) || now.has(line.path) || left.has(line.at)) return
      // Both lists have it.
      now.set(line)
      before.set(line)
    })
  })
