/** The kind of file at a path. A file that is not visible (no permission, a path through a file) counts as nothing. */
import type { Stats } from "node:fs"
import * as Effect from "effect/Effect"
import { Files } from "./Files.ts"

export type FileType = "file" | "folder" | "link" | "pipe" | "socket" | "device"

export const kindOf = (found: Stats): FileType => {
  if (found.isFile()) return "file"
  if (found.isSymbolicLink()) return "link"
  if (found.isDirectory()) return "folder"
  if (found.isFIFO()) return "pipe"
  return found.isSocket() ? "socket" : "device"
}

const kindIn = (look: () => Promise<Stats>): Effect.Effect<FileType | null> =>
  Effect.promise(() => look().then(kindOf, () => null))

const kindNow = (look: () => Stats | null): FileType | null => {
  try {
    const found = look()
    return found === null ? null : kindOf(found)
  } catch {
    return null
  }
}

/** The kind of the file at the path itself: a link is not followed (LAW-13). null: it does not exist. */
export const kindAt = (path: string): Effect.Effect<FileType | null> =>
  Effect.flatMap(Files, ({ lstat, lstatNow }) =>
    lstatNow === undefined ? kindIn(() => lstat(path)) : Effect.succeed(kindNow(() => lstatNow(path)))
  )

/** The kind of the file that the path leads to, through links. null: it does not exist. */
export const kindBehind = (path: string): Effect.Effect<FileType | null> =>
  Effect.flatMap(Files, ({ stat }) => kindIn(() => stat(path)))
