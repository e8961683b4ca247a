/**
 * Writes that are on disk when they return. A rename is atomic, but on disk only after its folder is synced; a file's
 * name is on disk only after its folder is synced: both ends are always synced here (LAW-4).
 */
import { constants } from "node:fs"
import * as fs from "node:fs/promises"
import { dirname } from "node:path"
import * as Effect from "effect/Effect"
import { putInPlace } from "./inPlace.ts"
import { io } from "./io.ts"

/** The name of a folder that is held open (`Held.ts`): a link of the kernel's, to be followed. */
const heldName = /^\/proc\/\d+\/fd\/\d+$/

/** Syncs a file's or a folder's own data and metadata. Never follows a symlink of anybody's. */
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

/** Makes a folder (and what is missing above it) that only its owner can enter; its name is on disk. */
export const makePrivateFolder = (path: string) =>
  Effect.gen(function* () {
    const first = yield* io("make folder", path, () => fs.mkdir(path, { recursive: true, mode: 0o700 }))
    yield* io("chmod", path, () => fs.chmod(path, 0o700))
    if (first === undefined) return
    for (let made = path; made.length >= first.length; made = dirname(made)) yield* sync(dirname(made))
  })

/**
 * Writes a whole file, 0600: a reader sees the old content or the new one, through power loss too. Not interrupted: the
 * write would go on behind the next one's back, and could put the older content over the newer.
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

/** Makes a symlink at `path`, replacing what is there by a rename, so that there is always one. */
export const linkDurably = (target: string, path: string) =>
  Effect.gen(function* () {
    const temporary = `${path}.tmp`
    yield* io("remove", temporary, () => fs.rm(temporary, { force: true }))
    yield* io("make symlink", temporary, () => fs.symlink(target, temporary))
    yield* rename(temporary, path)
  })

/** What is at a path itself (a symlink is not followed), or null. */
export const statOrNull = (path: string) =>
  io("look at", path, () => fs.lstat(path, { bigint: true })).pipe(
    Effect.catch((error) =>
      error.code === "ENOENT" || error.code === "ENOTDIR" ? Effect.succeed(null) : Effect.fail(error)
    )
  )

export const exists = (path: string) => Effect.map(statOrNull(path), (stat) => stat !== null)
