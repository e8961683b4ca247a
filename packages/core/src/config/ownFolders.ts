/**
 * LAW-17: the root and the folders of lastgood's own in it. A link in the place of one would lead everything that is
 * written, restored and removed there to somewhere else, so it is refused whoever made it; the root itself may be reached
 * by links.
 */
import { lstatSync, type Stats } from "node:fs"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import { faultOf } from "../disk/ownership.ts"
import type { App } from "../domain/App.ts"
import { Untrusted, untrusted } from "./Untrusted.ts"

/** In an app's folder. A test compares them with what the sources make there. */
export const ownFolders = [
  "snapshots",
  "releases",
  "staged",
  "aside",
  "alerts",
  "volumes",
  "logs",
  "run",
  "abra",
  "recipe.git",
  "marks"
]

/** null: nothing is there, or this user may not look. */
const look = (path: string): Stats | null => {
  try {
    return lstatSync(path)
  } catch {
    return null
  }
}

const troubleAt = (what: string, path: string, expected: "folder" | "file"): Untrusted | null => {
  const stats = look(path)
  if (stats === null) return null
  const isExpected = expected === "folder" ? stats.isDirectory() : stats.isFile()
  if (!isExpected) {
    const seen = stats.isSymbolicLink() ? "a link" : stats.isDirectory() ? "a folder" : "no folder"
    const next = stats.isSymbolicLink()
      ? `put the ${expected} itself there; to have the data on another disk, move the whole root and name it with root:, or use a mount`
      : `see what it is (ls -la ${dirname(path)}), and move it away`
    return new Untrusted({ what, path, reason: `it is ${seen}; expected a ${expected} of lastgood's own`, next })
  }
  const fault = faultOf(path)
  return fault === null ? null : untrusted(what, path, fault)
}

/** null: the app's folder, and the folders of lastgood's own in it, can be used; or there are none yet. */
export const troubleWithFolder = ({ dir, name }: Pick<App, "dir" | "name">): Untrusted | null => {
  const own = troubleAt(`the folder of ${name},`, dir, "folder")
  if (own !== null) return own
  for (const part of ownFolders) {
    const trouble = troubleAt(`a folder of ${name},`, join(dir, part), "folder")
    if (trouble !== null) return trouble
  }
  return null
}

/** Fails where another user could have written the root, or the log in it. */
export const assertOwnRoot = (root: string): Effect.Effect<void, Untrusted> =>
  Effect.suspend(() => {
    const fault = faultOf(root)
    if (fault !== null) return Effect.fail(untrusted("the root", root, fault))
    const trouble = troubleAt("the log", join(root, "events.db"), "file")
    return trouble === null ? Effect.void : Effect.fail(trouble)
  })
