/**
 * A recipe that is a plain folder: its files, and a hash of them. Data in the folder is not part of the recipe: folders
 * that its services write to are left out, and a folder that is too large is refused. Of a folder in which the app works,
 * only the compose files are: everything else there is the operator's, of any size, and is used where it is.
 */
import { createHash } from "node:crypto"
import { constants } from "node:fs"
import { chmod, copyFile, lstat, mkdir, readdir, readFile, readlink, realpath, stat, symlink } from "node:fs/promises"
import { join, relative } from "node:path"
import * as Effect from "effect/Effect"
import { faultOf, faultText, personOf, remedyFor } from "../disk/ownership.ts"
import type { App } from "../domain/App.ts"
import { asError } from "../domain/messageOf.ts"
import type { Project } from "../domain/Project.ts"
import { staysInside } from "./tree.ts"
import { RecipeUnavailable } from "./VersionSource.ts"

/** Which files of a folder are the recipe. Absolute paths. */
export interface Extent {
  /** null: all but the folders that its services write to. */
  readonly only: ReadonlyArray<string> | null
  readonly except: ReadonlyArray<string>
  /** Who is trusted for the app beside root (`personOf`). */
  readonly person: number | null
}

/** All files of a folder of lastgood's own. */
export const everything: Extent = { only: null, except: [], person: null }

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

const entriesOf = async (root: string, { except, only, person }: Extent): Promise<ReadonlyArray<Entry>> => {
  if (only === null) return await walk(root, new Set(except), person)
  const found = new Map<string, Entry>()
  for (const path of only.map((file) => relative(root, file)).toSorted()) {
    const parents = path.split("/").slice(0, -1)
    for (const [depth] of parents.entries()) {
      const parent = parents.slice(0, depth + 1).join("/")
      const fault = faultOf(join(root, parent), person)
      if (fault !== null) throw new NotARecipe(faultText(fault))
      found.set(parent, { kind: "folder", path: parent, mode: 0o755 })
    }
    const stats = await lstat(join(root, path))
    if (!stats.isFile()) throw new NotARecipe(`${path} is not a file`)
    found.set(path, { kind: "file", path, mode: stats.mode & 0o777, size: stats.size, at: stats.mtimeMs })
  }
  return [...found.values()]
}

const failed = (recipe: string) => (error: Error) =>
  new RecipeUnavailable({
    recipe,
    reason: error instanceof NotARecipe ? error.message : `its files cannot be read: ${error.message}`,
    next: "if it is the folder in which the app works, say so: `folder:`; else keep only the recipe's files there: data belongs into volumes, or into folders that its services mount"
  })

const attempt = <A>(recipe: string, act: () => Promise<A>): Effect.Effect<A, RecipeUnavailable> =>
  Effect.mapError(Effect.tryPromise({ try: act, catch: asError }), failed(recipe))

/** LAW-17: who can write to the compose files decides what runs. */
export const assertOwn = Effect.fnUntraced(function* (
  recipe: string,
  paths: ReadonlyArray<string>,
  person: number | null
) {
  const [fault] = paths.flatMap((path) => faultOf(path, person) ?? [])
  if (fault !== undefined) {
    return yield* new RecipeUnavailable({ recipe, reason: faultText(fault), next: remedyFor(fault) })
  }
})

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
  yield* assertOwn(recipe, [recipe], person)
  return yield* attempt(recipe, () => realpath(recipe))
})

const hashOf = async (root: string, entries: ReadonlyArray<Entry>): Promise<string> => {
  const hash = createHash("sha256")
  for (const entry of entries.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
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

/** @param dir the recipe's folder, without links. */
export const extentOf = (
  dir: string,
  { folder }: App,
  { files, folders }: Pick<Project, "files" | "folders">
): Effect.Effect<Extent> => {
  const person = personOf(folder)
  if (folder === null) return Effect.succeed({ only: null, except: folders, person })
  return Effect.promise(() => realpath(folder).catch(() => folder)).pipe(
    Effect.map((works) => ({
      only: works === dir ? files.filter((file) => file.startsWith(`${dir}/`)) : null,
      except: folders,
      person
    }))
  )
}

/** A hash of its content. */
export const hashFolder = (recipe: string, extent: Extent) =>
  attempt(recipe, async () => hashOf(recipe, await entriesOf(recipe, extent)))

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
export const copyFolder = (recipe: string, to: string, extent: Extent) =>
  attempt(recipe, async () => {
    const entries = await entriesOf(recipe, extent)
    for (const entry of entries) {
      const target = join(to, entry.path)
      if (entry.kind === "folder") await mkdir(target, { mode: 0o700 })
      else if (entry.kind === "link") await symlink(entry.target, target)
      else await copyFile(join(recipe, entry.path), target, constants.COPYFILE_EXCL)
    }
    for (const entry of entries.toReversed()) if (entry.kind !== "link") await chmod(join(to, entry.path), entry.mode)
    return hashOf(to, await entriesOf(to, everything))
  })
