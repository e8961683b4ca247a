/**
 * The folder of a volume, held open during the work. It must be a real folder under a resolved parent: a symlink in its
 * place is refused, a replacement is not used, and at the end it must still be the same folder (LAW-13).
 */
import type { BigIntStats } from "node:fs"
import * as fs from "node:fs/promises"
import { basename, dirname, isAbsolute, join } from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { statOrNull } from "../disk/Durable.ts"
import { Files } from "../disk/Files.ts"
import { type IoFailed, io } from "../disk/io.ts"
import type { App, Volume } from "../domain/App.ts"
import { volumeText } from "../domain/folders.ts"
import { type Held, hold } from "./Held.ts"
import { readMounts } from "./Mounts.ts"
import { SnapshotRefusal } from "./Trouble.ts"

/** lastgood's own folder beside or inside a volume. Snapshots of a mounted volume leave it out. */
export const ownFolder = ".lastgood"

/** Of a volume that is one file: the folder that the file is in, held, with what is known of the file itself. */
export interface Folder extends Held {
  readonly volume: Volume
  /** The name of the file, where the volume is one. */
  readonly file: string | null
  /** The folder is itself a mount: it cannot be renamed, and lastgood's own folder is inside it. */
  readonly isMount: boolean
}

/** The volume's path with its parents resolved: `/var/lib/docker` may be a symlink, the data folder may not. */
export const resolveVolume = (volume: Volume): Effect.Effect<string, IoFailed | SnapshotRefusal> => {
  const name = basename(volume.path)
  if (!isAbsolute(volume.path) || name === "" || name === "." || name === "..") {
    return Effect.fail(
      new SnapshotRefusal({
        reason: `${volumeText(volume.name)} is at ${JSON.stringify(volume.path)}: expected the absolute path of a folder`,
        next: "inspect the volume with the runtime's own tool"
      })
    )
  }
  const parent = dirname(volume.path)
  return Effect.flatMap(Files, ({ realpath }) => io("resolve", parent, () => realpath(parent))).pipe(
    Effect.map((real) => join(real, name)),
    Effect.mapError((error) => (error.code === "ENOENT" ? goneOf(volume) : error))
  )
}

/** Opens a volume's folder, and refuses one that is unsafe to work on: missing, not a folder, mounts inside. */
export const openFolder = (app: App, volume: Volume): Effect.Effect<Folder, IoFailed | SnapshotRefusal, Scope.Scope> =>
  Effect.gen(function* () {
    const path = yield* resolveVolume(volume)
    const stat = yield* statOrNull(path)
    if (stat === null) return yield* goneOf(volume)
    if (volume.kind === "file") return yield* openFile(volume, path)
    if (!stat.isDirectory()) return yield* otherThan("folder", volume, path, stat)
    if (`${app.dir}/`.startsWith(`${path}/`)) {
      return yield* new SnapshotRefusal({
        reason: `${volumeText(volume.name)} at ${path} contains lastgood's own folder ${app.dir}`,
        next: "move lastgood's root (`root:`) out of the volume"
      })
    }
    const held = yield* hold(path)
    const mounts = yield* readMounts
    const inside = mounts.below(path)
    if (inside.length > 0) {
      return yield* new SnapshotRefusal({
        reason: `${volumeText(volume.name)}: other filesystems are mounted inside it (${inside.join(", ")}), and a snapshot would mix them`,
        next: "unmount them, or make each a separate volume"
      })
    }
    return { ...held, volume, file: null, isMount: mounts.isMountPoint(path) }
  })

const otherThan = (expected: "folder" | "file", volume: Volume, path: string, stat: BigIntStats) => {
  const found = stat.isSymbolicLink()
    ? "symlink"
    : stat.isDirectory()
      ? "folder"
      : stat.isFile()
        ? "file"
        : "special file"
  return new SnapshotRefusal({
    reason: `${volumeText(volume.name)}: expected a ${expected} at ${path}, found a ${found}`,
    next: `replace it with a ${expected} (move or mount the data there)`
  })
}

/** The same for a volume that is one file: it is reached by its name in the held folder. */
const openFile = Effect.fnUntraced(function* (volume: Volume, path: string) {
  const around = yield* hold(dirname(path))
  const name = basename(path)
  const stat = yield* io("look at", path, () => fs.lstat(join(around.at, name), { bigint: true }))
  if (!stat.isFile()) return yield* otherThan("file", volume, path, stat)
  if ((yield* readMounts).isMountPoint(path)) {
    return yield* new SnapshotRefusal({
      reason: `${volumeText(volume.name)}: the file is itself a mount, and could not be restored`,
      next: `unmount it, and put the file itself at ${path}`
    })
  }
  const folder: Folder = {
    path,
    at: around.at,
    dev: stat.dev,
    ino: stat.ino,
    mode: Number(stat.mode & 0o7777n),
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    volume,
    file: name,
    isMount: false
  }
  return folder
})

/** For `find` and `tar`, from the held folder: all of the volume. */
export const startOf = ({ file }: Folder): string => (file === null ? "." : `./${file}`)

/** Fails when the folder is no longer the opened one. */
export const assertSame = (app: App, before: Folder): Effect.Effect<void, IoFailed | SnapshotRefusal> =>
  Effect.flatMap(openFolder(app, before.volume), (now) =>
    now.dev === before.dev && now.ino === before.ino && now.path === before.path
      ? Effect.void
      : Effect.fail(
          new SnapshotRefusal({
            reason: `${volumeText(before.volume.name)}: ${before.path} was replaced by another folder during the work`,
            next: "find out what changes the volumes, then try again"
          })
        )
  ).pipe(Effect.scoped)

/** For `find`: leaves out lastgood's own folder inside a mounted volume. */
export const pruneOwn = (folder: Folder) => (folder.isMount ? ["-path", `./${ownFolder}`, "-prune", "-o"] : [])

const goneOf = (volume: Volume) =>
  new SnapshotRefusal({
    reason: `${volumeText(volume.name)} is missing: ${volume.path} does not exist`,
    next: "create the volume, then try again"
  })
