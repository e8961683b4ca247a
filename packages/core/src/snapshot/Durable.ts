/**
 * Writes that are on disk when they return. A rename is atomic, but on disk only after its folder is synced; a file's
 * name is on disk only after its folder is synced: both ends are always synced here (LAW-4).
 */
import { constants } from "node:fs"
import * as fs from "node:fs/promises"
import { dirname } from "node:path"
import * as Effect from "effect/Effect"
import { run } from "../process/Tool.ts"
import { io, Refusal } from "./Trouble.ts"

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

/** Syncs everything of the filesystem that holds `path`. (Node has no syncfs.) */
export const syncFilesystem = (path: string) => run("sync", ["--file-system", "--", path])

/** Makes a folder (and what is missing above it) that only its owner can enter; its name is on disk. */
export const makePrivateFolder = (path: string) =>
  Effect.gen(function* () {
    const first = yield* io("make folder", path, () => fs.mkdir(path, { recursive: true, mode: 0o700 }))
    yield* io("chmod", path, () => fs.chmod(path, 0o700))
    if (first === undefined) return
    for (let made = path; made.length >= first.length; made = dirname(made)) yield* sync(dirname(made))
  })

/** Writes a whole file, 0600: a reader sees the old content or the new one, through power loss too. */
export const writeFileDurably = (path: string, content: string | Uint8Array) =>
  Effect.gen(function* () {
    const temporary = `${path}.tmp`
    yield* io("remove", temporary, () => fs.rm(temporary, { force: true }))
    yield* Effect.acquireUseRelease(
      io("create", temporary, () => fs.open(temporary, "wx", 0o600)),
      (handle) =>
        io("write", temporary, async () => {
          await handle.writeFile(content)
          await handle.sync()
        }),
      (handle) => Effect.ignore(io("close", temporary, () => handle.close()))
    )
    yield* rename(temporary, path)
  })

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

/**
 * Removes a tree for good. GNU rm walks with file descriptors: it follows no symlink, also not one put there meanwhile,
 * goes deeper than PATH_MAX, and with these options neither crosses into another mount nor removes `/`.
 */
export const removeTree = (path: string) =>
  remove(path).pipe(
    Effect.catch((error) => (unchangeable.test(error.stderr) ? removeUnchangeable(path) : Effect.fail(error)))
  )

const remove = (path: string) =>
  run("rm", ["--recursive", "--force", "--one-file-system", "--preserve-root=all", "--", path])

/** What a tool says of a file that an app marked. */
export const unchangeable = /Operation not permitted/

/** Files that an app marked (`chattr +i`, `+a`) go too: what is removed here is lastgood's, and its time is over. */
const removeUnchangeable = (path: string) =>
  run("chattr", ["-R", "-f", "-ia", "--", path]).pipe(
    Effect.ignore,
    Effect.andThen(remove(path)),
    Effect.mapError((error) =>
      unchangeable.test(error.stderr)
        ? new Refusal({
            reason: `${path} cannot be removed: ${error.said.split("\n", 1)[0]}`,
            next: `see what forbids it (\`lsattr -R ${path}\`), and remove it by hand; nothing else waits for that`
          })
        : error
    )
  )

/** What is at a path itself (a symlink is not followed), or null. */
export const statOrNull = (path: string) =>
  io("look at", path, () => fs.lstat(path, { bigint: true })).pipe(
    Effect.catch((error) =>
      error.code === "ENOENT" || error.code === "ENOTDIR" ? Effect.succeed(null) : Effect.fail(error)
    )
  )

export const exists = (path: string) => Effect.map(statOrNull(path), (stat) => stat !== null)
