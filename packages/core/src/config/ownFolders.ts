/**
 * LAW-17: the root and lastgood's own folders in it. A symlink in place of one would redirect everything that lastgood
 * writes, restores and removes there, so it is refused whoever made it. The path to the root itself may contain symlinks.
 */
import { lstatSync, readdirSync, type Stats } from "node:fs"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import { faultInside, faultOf } from "../disk/ownership.ts"
import type { App } from "../domain/App.ts"
import { logFile } from "../log/logFile.ts"
import { Untrusted, untrusted } from "./Untrusted.ts"

/** lastgood's own folders in an app's folder. A test compares them with the folders that the sources create. */
export const ownFolders = [
  "snapshots",
  "indexes",
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

/** null: it does not exist, or this user may not see it. */
const look = (path: string): Stats | null => {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) ?? null
  } catch {
    return null
  }
}

/** null: this user may not list it. */
const namesIn = (folder: string): ReadonlySet<string> | null => {
  try {
    return new Set(readdirSync(folder))
  } catch {
    return null
  }
}

/** @param above whether the folder that it is in was judged already. */
const troubleAt = (what: string, path: string, expected: "folder" | "file", above: boolean): Untrusted | null => {
  const stats = look(path)
  if (stats === null) return null
  const isExpected = expected === "folder" ? stats.isDirectory() : stats.isFile()
  if (!isExpected) {
    const seen = stats.isSymbolicLink() ? "a symlink" : stats.isDirectory() ? "a folder" : "not a folder"
    const next = stats.isSymbolicLink()
      ? `replace it with the ${expected} itself; to keep the data on another disk, move the whole root and set root:, or use a mount`
      : `check what it is (ls -la ${dirname(path)}), then move it away`
    return new Untrusted({ what, path, reason: `expected lastgood's own ${expected}, found ${seen}`, next })
  }
  const fault = above ? faultInside(path, stats) : faultOf(path)
  return fault === null ? null : untrusted(what, path, fault)
}

/**
 * null: the app's folder and lastgood's own folders in it are usable, or do not exist yet.
 *
 * @param isRootJudged the root was judged just now, so that the folders above the app's need not be again.
 */
export const troubleWithFolder = ({ dir, name }: Pick<App, "dir" | "name">, isRootJudged = false): Untrusted | null => {
  const own = troubleAt(`the folder of ${name},`, dir, "folder", isRootJudged)
  if (own !== null || look(dir) === null) return own
  const present = namesIn(dir)
  for (const part of ownFolders) {
    if (present !== null && !present.has(part)) continue
    const trouble = troubleAt(`a folder of ${name},`, join(dir, part), "folder", true)
    if (trouble !== null) return trouble
  }
  return null
}

/** Fails if another user could have written the root or the log in it. */
export const assertOwnRoot = (root: string): Effect.Effect<void, Untrusted> =>
  Effect.suspend(() => {
    const fault = faultOf(root)
    if (fault !== null) return Effect.fail(untrusted("the root", root, fault))
    const trouble = troubleAt("the log", logFile(root), "file", true)
    return trouble === null ? Effect.void : Effect.fail(trouble)
  })
