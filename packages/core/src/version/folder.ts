/**
 * A recipe that is a plain folder: its files, and a hash of them. Data in the folder is not part of the recipe: folders
 * that its services write to are left out, and a folder that is too large is refused.
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

/** Folders of other tools. */
const leftOut: ReadonlySet<string> = new Set([".git", ".hg", ".svn"])

class NotARecipe extends Error {}

/** @param person who is trusted for the app. */
const walk = async (
  root: string,
  folders: ReadonlySet<string>,
  person: number | null
): Promise<ReadonlyArray<Entry>> => {
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
        const fault = faultOf(whole, person)
        if (fault !== null) throw new NotARecipe(faultText(fault))
        found.push({ kind: "folder", path, mode: stats.mode & 0o777 })
        await into(whole)
      } else if (stats.isSymbolicLink()) {
        const target = await readlink(whole)
        if (!staysInside(path, target))
          throw new NotARecipe(`the link ${path} leads out of it (to ${target.slice(0, 200)})`)
        found.push({ kind: "link", path, target })
      } else if (stats.isFile()) {
        bytes += stats.size
        found.push({ kind: "file", path, mode: stats.mode & 0o777, size: stats.size, at: stats.mtimeMs })
      } else {
        throw new NotARecipe(`${path} is neither a file nor a folder nor a link`)
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
export const ownFolder = Effect.fnUntraced(function* (recipe: string, person: number | null) {
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
  const fault = faultOf(recipe, person)
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
export const hashFolder = (recipe: string, folders: ReadonlyArray<string>, person: number | null) =>
  attempt(recipe, async () => hashOf(recipe, await walk(recipe, new Set(folders), person)))

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
export const copyFolder = (recipe: string, to: string, folders: ReadonlyArray<string>, person: number | null) =>
  attempt(recipe, async () => {
    const entries = await walk(recipe, new Set(folders), person)
    for (const entry of entries) {
      const target = join(to, entry.path)
      if (entry.kind === "folder") await mkdir(target, { mode: 0o700 })
      else if (entry.kind === "link") await symlink(entry.target, target)
      else await copyFile(join(recipe, entry.path), target, constants.COPYFILE_EXCL)
    }
    for (const entry of entries.toReversed()) if (entry.kind !== "link") await chmod(join(to, entry.path), entry.mode)
    return hashOf(to, await walk(to, new Set(), null))
  })
