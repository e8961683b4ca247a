/**
 * Copies of the operator's files: those that an app's project reads and no version contains, in its folder or elsewhere. A copy beside
 * a release has the permissions and the owner that a service needs; a copy in a snapshot is 0600 (LAW-12).
 */
import { chmod, chown, lstat, mkdir, readdir, rename, rm, stat } from "node:fs/promises"
import { dirname, join, normalize } from "node:path"
import * as Effect from "effect/Effect"
import type { OperatorFile } from "../domain/App.ts"
import { asError } from "../domain/messageOf.ts"
import { putInPlace, syncFolder } from "./inPlace.ts"
import { readSmallFile } from "./readSmallFile.ts"

/** Env files and secrets are small, but a configuration may be a list of addresses. */
export const operatorFileBytes = 16 << 20

/** Whether a path leads to a place inside of the folder that it is relative to (LAW-13). */
export const isRelativeInside = (path: string): boolean =>
  path !== "" &&
  path === normalize(path) &&
  !path.startsWith("/") &&
  !path.endsWith("/") &&
  path !== "." &&
  path !== ".." &&
  !path.startsWith("../") &&
  !path.includes("\0")

const outsideFolder = ".lastgood/outside"

/** In a copy, the path of a file that lies outside of the app's folder. */
export const outsideName = (file: string): string => `${outsideFolder}${file}`

/** Where the operator has the file that is at a path of a copy. */
const originalAt = (folder: string, path: string): string =>
  path.startsWith(`${outsideFolder}/`) ? path.slice(outsideFolder.length) : join(folder, path)

/**
 * The operator's files by their paths in a copy. A link is followed, as docker does; what is not there any more is left
 * out.
 *
 * @param place where a file is: in the operator's folder, or else in a copy.
 */
export const operatorFilesIn = (
  folder: string,
  paths: ReadonlyArray<string>,
  place: "folder" | "copy" = "folder"
): Effect.Effect<ReadonlyArray<OperatorFile>, Error> =>
  Effect.tryPromise({
    try: async () => {
      const found: Array<OperatorFile> = []
      for (const path of paths) {
        const from = place === "copy" ? join(folder, path) : originalAt(folder, path)
        const stats = await stat(from).catch(() => null)
        if (stats?.isFile() !== true) continue
        found.push({ path, from, mode: stats.mode & 0o7777, uid: stats.uid, gid: stats.gid })
      }
      return found
    },
    catch: asError
  })

/** Every file of a copy, by path. */
export const copiedPaths = (folder: string): Effect.Effect<ReadonlyArray<string>, Error> => {
  const below = async (at: string): Promise<ReadonlyArray<string>> => {
    const entries = await readdir(join(folder, at), { withFileTypes: true })
    const found = await Promise.all(
      entries.map((entry) => {
        const path = join(at, entry.name)
        return entry.isDirectory() ? below(path) : [path]
      })
    )
    return found.flat()
  }
  return Effect.tryPromise({ try: async () => (await below(".")).toSorted(), catch: asError })
}

const privateFolders = async (root: string, path: string): Promise<void> => {
  await mkdir(join(root, dirname(path)), { recursive: true, mode: 0o700 })
}

/**
 * Writes copies below a new folder, synced.
 *
 * @param as `private`: 0600, of the user who runs lastgood. `original`: with the permissions and the owner of each.
 */
export const copyOperatorFiles = (
  files: ReadonlyArray<OperatorFile>,
  to: string,
  as: "private" | "original"
): Effect.Effect<void, Error> =>
  Effect.gen(function* () {
    yield* Effect.tryPromise({ try: () => mkdir(to, { mode: 0o700 }), catch: asError })
    for (const { from, gid, mode, path, uid } of files) {
      if (!isRelativeInside(path)) return yield* Effect.fail(new Error(`${JSON.stringify(path)} leads elsewhere`))
      const content = yield* Effect.mapError(
        readSmallFile(from, { maxBytes: operatorFileBytes }),
        ({ message }) => new Error(`${from}: ${message}`)
      )
      const target = join(to, path)
      yield* Effect.tryPromise({
        try: async () => {
          await privateFolders(to, path)
          await putInPlace(target, content, 0o600)
          if (as === "private") return
          // First the owner: a change of it may clear bits of the mode.
          if (process.geteuid?.() === 0) await chown(target, uid, gid)
          await chmod(target, mode)
        },
        catch: asError
      })
    }
    yield* Effect.tryPromise({ try: () => syncFolder(to), catch: asError })
  })

/**
 * Replaces a copy as a whole. Killed in between, there is none. Without files it is empty: what is put into the folder
 * later is not part of the release (LAW-2).
 */
export const replaceOperatorFiles = (files: ReadonlyArray<OperatorFile>, to: string): Effect.Effect<void, Error> =>
  Effect.gen(function* () {
    const beside = `${to}.new`
    const remove = (path: string) =>
      Effect.tryPromise({ try: () => rm(path, { recursive: true, force: true }), catch: asError })
    yield* remove(beside)
    yield* copyOperatorFiles(files, beside, "original")
    yield* remove(to)
    yield* Effect.tryPromise({ try: () => rename(beside, to), catch: asError })
    yield* Effect.tryPromise({ try: () => syncFolder(dirname(to)), catch: asError })
  })

/** Whether a copy has the content that the folder has now. */
export const isOperatorCopyCurrent = (copy: string, folder: string): Effect.Effect<boolean, Error> =>
  Effect.gen(function* () {
    for (const path of yield* copiedPaths(copy)) {
      const [kept, now] = yield* Effect.forEach([join(copy, path), originalAt(folder, path)], (file) =>
        readSmallFile(file, { maxBytes: operatorFileBytes })
      )
      if (kept === undefined || now === undefined || !Buffer.from(kept).equals(now)) return false
    }
    return true
  })

/** Whether a path below a folder is a regular file, with no link on the way. */
export const isPlainFileBelow = async (folder: string, path: string): Promise<boolean> => {
  const parts = path.split("/")
  for (let n = 1; n <= parts.length; n++) {
    const stats = await lstat(join(folder, ...parts.slice(0, n))).catch(() => null)
    if (stats === null || (n < parts.length ? !stats.isDirectory() : !stats.isFile())) return false
  }
  return true
}
