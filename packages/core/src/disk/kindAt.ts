/** What is at a path. What cannot be seen (no permission, a file on the way) counts as nothing. */
import type { Stats } from "node:fs"
import { lstat, stat } from "node:fs/promises"
import * as Effect from "effect/Effect"

export type Kind = "file" | "folder" | "link" | "pipe" | "socket" | "device"

export const kindOf = (found: Stats): Kind => {
  if (found.isFile()) return "file"
  if (found.isSymbolicLink()) return "link"
  if (found.isDirectory()) return "folder"
  if (found.isFIFO()) return "pipe"
  return found.isSocket() ? "socket" : "device"
}

const kindIn = (look: () => Promise<Stats>): Effect.Effect<Kind | null> =>
  Effect.promise(() => look().then(kindOf, () => null))

/** Of what is at the path itself: a link is not followed (LAW-13). null: nothing is there. */
export const kindAt = (path: string): Effect.Effect<Kind | null> => kindIn(() => lstat(path))

/** Of what the path leads to, through links. null: it leads nowhere. */
export const kindBehind = (path: string): Effect.Effect<Kind | null> => kindIn(() => stat(path))
