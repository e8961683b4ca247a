/**
 * A recipe that is a plain folder: its files, and a hash of them. Data in the folder is not part of the recipe: folders
 * that its services write to are left out, so are large files, and a folder that is still too large is refused. Links
 * that lead out of it, sockets and the like, and folders that another user could change are left out too (LAW-13). A
 * service that mounts what was left out gets it from the app's working folder, and is refused without one.
 */
import { createHash } from "node:crypto"
import { constants } from "node:fs"
import { chmod, copyFile, lstat, mkdir, readdir, readFile, readlink, realpath, stat, symlink } from "node:fs/promises"
import { join, relative } from "node:path"
import * as Effect from "effect/Effect"
import { faultOf, faultText, remedyFor } from "../disk/ownership.ts"
import { asError } from "../domain/messageOf.ts"
import { staysInside } from "./tree.ts"
import { RecipeUnavailable } from "./VersionSource.ts"

type Entry =
  | { readonly kind: "file"; readonly path: string; readonly mode: number; readonly size: number; readonly at: number }
  | { readonly kind: "link"; readonly path: string; readonly target: string }
  | { readonly kind: "folder"; readonly path: string; readonly mode: number }

const mostEntries = 5000
const mostBytes = 64 * 1024 * 1024
/** A dump, a backup, a database of places: no part of what describes an app. */
const largeBytes = 4 * 1024 * 1024

/** Folders of other tools. */
const leftOut: ReadonlySet<string> = new Set([".git", ".hg", ".svn"])

class NotARecipe extends Error {}

const walk = async (root: string, folders: ReadonlySet<string>): Promise<ReadonlyArray<Entry>> => {
  const found: Array<Entry> = []
  let bytes = 0
  const into = async (folder: string): Promise<void> => {
    const names = (await readdir(folder)).toSorted()
    for (const name of names) {
      const whole = join(folder, name)
      if (leftOut.has(name) || folders.has(whole)) continue
      const path = relative(root, whole)
      const stats = await lstat(whole)
      if (stats.isDirectory()) {
        // Its owner could replace a file with a link while it is read (LAW-13).
        if (faultOf(whole) !== null) continue
        found.push({ kind: "folder", path, mode: stats.mode & 0o777 })
        await into(whole)
      } else if (stats.isSymbolicLink()) {
        const target = await readlink(whole)
        if (staysInside(path, target)) found.push({ kind: "link", path, target })
      } else if (stats.isFile() && stats.size <= largeBytes) {
        bytes += stats.size
        found.push({ kind: "file", path, mode: stats.mode & 0o777, size: stats.size, at: stats.mtimeMs })
      }
      if (found.length > mostEntries) throw new NotARecipe(`it holds more than ${mostEntries} files`)
      if (bytes > mostBytes) throw new NotARecipe(`it holds more than ${mostBytes / 1024 / 1024} MiB`)
    }
  }
  await into(root)
  return found
}

const failed = (recipe: string) => (error: Error) =>
  new RecipeUnavailable({
    recipe,
    reason: error instanceof NotARecipe ? error.message : `its files cannot be read: ${error.message}`,
    next: "name a folder with the files of the recipe alone: data belongs into volumes, or into folders that its services mount"
  })

const attempt = <A>(recipe: string, act: () => Promise<A>): Effect.Effect<A, RecipeUnavailable> =>
  Effect.mapError(Effect.tryPromise({ try: act, catch: asError }), failed(recipe))

/** The real path of the recipe's folder, which no other user may write to (LAW-17). */
export const ownFolder = Effect.fnUntraced(function* (recipe: string) {
  const isFolder = yield* Effect.promise(() =>
    stat(recipe).then(
      (stats) => stats.isDirectory(),
      () => false
    )
  )
  if (!isFolder) {
    return yield* new RecipeUnavailable({
      recipe,
      reason: "there is no such folder",
      next: "correct `recipe` in the configuration: the folder with the compose file"
    })
  }
  const fault = faultOf(recipe)
  if (fault !== null) return yield* new RecipeUnavailable({ recipe, reason: faultText(fault), next: remedyFor(fault) })
  return yield* attempt(recipe, () => realpath(recipe))
})

const hashOf = async (root: string, entries: ReadonlyArray<Entry>): Promise<string> => {
  const hash = createHash("sha256")
  for (const entry of entries) {
    const what =
      entry.kind === "file"
        ? createHash("sha256")
            .update(await readFile(join(root, entry.path)))
            .digest("hex")
        : entry.kind === "link"
          ? entry.target
          : ""
    const mode = entry.kind === "link" ? 0 : entry.mode
    hash.update(JSON.stringify([entry.kind, entry.path, mode, what]))
  }
  return hash.digest("hex")
}

/** A hash of its content. @param folders the folders that its services write to. */
export const hashFolder = (recipe: string, folders: ReadonlyArray<string>) =>
  attempt(recipe, async () => hashOf(recipe, await walk(recipe, new Set(folders))))

/** A hash of some of its files. */
export const hashFiles = (recipe: string, files: ReadonlyArray<string>) =>
  attempt(recipe, async () => {
    const hash = createHash("sha256")
    for (const file of files.toSorted()) {
      hash.update(JSON.stringify([relative(recipe, file), (await readFile(file)).toString("base64")]))
    }
    return hash.digest("hex")
  })

/** Copies it. @returns the hash of the copy, because the folder may have changed in the meantime. */
export const copyFolder = (recipe: string, to: string, folders: ReadonlyArray<string>) =>
  attempt(recipe, async () => {
    const entries = await walk(recipe, new Set(folders))
    for (const entry of entries) {
      const target = join(to, entry.path)
      if (entry.kind === "folder") await mkdir(target, { mode: 0o700 })
      else if (entry.kind === "link") await symlink(entry.target, target)
      else await copyFile(join(recipe, entry.path), target, constants.COPYFILE_EXCL)
    }
    for (const entry of entries.toReversed()) if (entry.kind !== "link") await chmod(join(to, entry.path), entry.mode)
    return hashOf(to, await walk(to, new Set()))
  })
