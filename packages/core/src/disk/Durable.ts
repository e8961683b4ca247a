/**
 * Writes that are on disk when they return. A rename, and the name of a new file, are on disk only after the folder is
 * synced. So both ends are always synced here (LAW-4).
 */
import { constants } from "node:fs"
import * as fs from "node:fs/promises"
import { dirname } from "node:path"
import * as Effect from "effect/Effect"
import { Files } from "./Files.ts"
import { putInPlace } from "./inPlace.ts"
import { io } from "./io.ts"

/** The name of a folder that is held open (`Held.ts`). It is a link of the kernel, and must be followed. */
const heldName = /^\/proc\/\d+\/fd\/\d+$/

/** Syncs the data and metadata of a file or a folder. Never follows a symlink. */
export const sync = (path: string) =>
  Effect.acquireUseRelease(
    io("open", path, () =>
      fs.open(path, heldName.test(path) ? constants.O_RDONLY : constants.O_RDONLY | constants.O_NOFOLLOW)
    ),
    (handle) => io("sync", path, () => handle.sync()),
    (handle) => Effect.ignore(io("close", path, () => handle.close()))
  )

/** Syncs the data of a file that is still being written. */
export const syncData = (file: fs.FileHandle, path: string) => io("sync", path, () => file.datasync())

/** Makes a folder, with missing parents, that only its owner can enter. Its name is on disk. */
export const makePrivateFolder = (path: string) =>
  Effect.gen(function* () {
    const first = yield* io("make folder", path, () => fs.mkdir(path, { recursive: true, mode: 0o700 }))
    yield* io("chmod", path, () => fs.chmod(path, 0o700))
    if (first === undefined) return
    for (let made = path; made.length >= first.length; made = dirname(made)) yield* sync(dirname(made))
  })

/**
 * Writes a whole file, mode 0600. A reader sees the old content or the new, also after a power loss. Not interruptible:
 * the write would continue in the background and could put older content over newer.
 */
export const writeFileDurably = (path: string, content: string | Uint8Array) =>
  Effect.uninterruptible(io("write", path, () => putInPlace(path, content, 0o600)))

/** Renames, then syncs the folders at both ends. */
export const rename = (from: string, to: string) =>
  Effect.gen(function* () {
    yield* io("rename", `${from} to ${to}`, () => fs.rename(from, to))
    yield* sync(dirname(to))
    if (dirname(from) !== dirname(to)) yield* sync(dirname(from))
  })

/** Makes a symlink at `path`. A rename replaces an existing one, so that there is always one. */
export const linkDurably = (target: string, path: string) =>
  Effect.gen(function* () {
    const temporary = `${path}.tmp`
    yield* io("remove", temporary, () => fs.rm(temporary, { force: true }))
    yield* io("make symlink", temporary, () => fs.symlink(target, temporary))
    yield* rename(temporary, path)
  })

/** The file at a path (a symlink is not followed), or null. */
export const statOrNull = (path: string) =>
  Effect.flatMap(Files, (files) => io("stat", path, () => files.exactLstat(path))).pipe(
    Effect.catch((error) =>
      error.code === "ENOENT" || error.code === "ENOTDIR" ? Effect.succeed(null) : Effect.fail(error)
    )
  )

/** The names in a folder; none if it does not exist. */
export const namesIn = (folder: string) =>
  io("list", folder, () => fs.readdir(folder)).pipe(
    Effect.catch((error) => (error.code === "ENOENT" ? Effect.succeed([]) : Effect.fail(error)))
  )

export const exists = (path: string) => Effect.map(statOrNull(path), (stat) => stat !== null)
