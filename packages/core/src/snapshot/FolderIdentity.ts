/**
 * Adapter: the identity of a data folder. The mark of a volume is in `<its parent>/.lastgood/marks/<folder>.json`, or
 * else in `<app>/marks/<volume>.json`. Only lastgood's user may be able to write to these folders (LAW-13). The parent
 * of a data folder may belong to another user, so the folder beside the data is held open, and is not used if it is a
 * link or another user's.
 */

import { type BigIntStats, constants } from "node:fs"
import * as fs from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { makePrivateFolder, statOrNull, writeFileDurably } from "../disk/Durable.ts"
import { atOnce, atOnceIfLocal, Files } from "../disk/Files.ts"
import { folderSize, folderSizeText } from "../disk/folderSize.ts"
import { type IoFailed, io } from "../disk/io.ts"
import { kindAt } from "../disk/kindAt.ts"
import { readSmallText } from "../disk/readSmallFile.ts"
import { makeUnchangedFiles } from "../disk/unchangedFile.ts"
import type { App, Volume } from "../domain/App.ts"
import { isWithin } from "../domain/DataFolder.ts"
import { volumeText } from "../domain/folders.ts"
import type { DataMark, SeenVolume } from "../domain/World.ts"
import { sourceIn } from "../host/hostSource.ts"
import { mountsOf } from "../host/Mounts.ts"
import { subvolumeUuid } from "./btrfs/Identity.ts"
import { DataIdentity, type Overlap } from "./DataIdentity.ts"
import { ownFolder, resolveVolume } from "./Folder.ts"
import { hold, holdOwn, makeOwn } from "./Held.ts"
import { fileNameOf } from "./Layout.ts"
import { type Mounts, readMounts } from "./Mounts.ts"
import { failedAs, isFull, type SnapshotRefusal, type SnapshotTrouble } from "./Trouble.ts"

const Mark = Schema.fromJsonString(
  Schema.Struct({
    app: Schema.String,
    mark: Schema.String,
    version: Schema.String,
    at: Schema.String,
    /**
     * The folder in which the mark was written. If it differs now, the mark was moved, and with it the data beside it.
     */
    folder: Schema.String
  })
)
const decodeMark = Schema.decodeUnknownOption(Mark)
const encodeMark = Schema.encodeSync(Mark)
const mostBytes = 64 * 1024

const underRoot = (app: App, volume: Volume): string => join(app.dir, "marks", `${fileNameOf(volume.name)}.json`)

const marksFolder = [ownFolder, "marks"] as const
const besideName = (data: string): string => `${basename(data)}.json`

/** The folder of marks beside the data, held open; null: it does not exist. Refused if it is not lastgood's. */
const holdBeside = (data: string) => Effect.flatMap(hold(dirname(data)), (parent) => holdOwn(parent, marksFolder))

/** The birth time in seconds: Node and Deno report finer values differently. */
const folderOf = ({ birthtimeNs, ino }: BigIntStats): string =>
  birthtimeNs > 0n ? `${ino}@${birthtimeNs / 1_000_000_000n}` : String(ino)

/** With the UUID of a subvolume, if that is known. */
const identityOf = (data: string, stat: BigIntStats) =>
  Effect.map(subvolumeUuid(data, stat.ino), (uuid) => {
    const folder = folderOf(stat)
    return uuid === null ? folder : `${folder}${folder.includes("@") ? "" : "@"}@${uuid}`
  })

const readMark = (folder: string, name: string) =>
  Effect.gen(function* () {
    const text = yield* readSmallText(join(folder, name), { maxBytes: mostBytes, followLinks: false })
    const mark = Option.getOrNull(decodeMark(text))
    const { exactStat } = yield* Files
    const stat = yield* io("stat", folder, () => exactStat(folder))
    return mark === null ? null : { mark, moved: mark.folder !== folderOf(stat) }
  }).pipe(Effect.orElseSucceed(() => null))

const readHeld = (data: string) =>
  holdBeside(data).pipe(
    Effect.flatMap((folder) => (folder === null ? Effect.succeed(null) : readMark(folder.at, besideName(data)))),
    Effect.orElseSucceed(() => null),
    Effect.scoped
  )

/** Holding three folders open takes longer than the rest of a look, and most marks stay the same for months. */
const unlessChanged = makeUnchangedFiles<NonNullable<Effect.Success<ReturnType<typeof readHeld>>>>(10_000)

const readBeside = (data: string) => {
  const own = `${dirname(data)}/${ownFolder}`
  return unlessChanged(data, [own, `${own}/marks`, `${own}/marks/${besideName(data)}`], readHeld(data))
}

const readUnderRoot = (app: App, volume: Volume) => {
  const path = underRoot(app, volume)
  return readMark(dirname(path), basename(path))
}

/** By the mode: Deno's directory entries tell neither type. */
const isSocketOrPipe = async ({ lstat }: Files, path: string): Promise<boolean> => {
  const { S_IFIFO, S_IFMT, S_IFSOCK } = constants
  const kind = (await lstat(path)).mode & S_IFMT
  return kind === S_IFSOCK || kind === S_IFIFO
}

/**
 * Whether the folder has any data: something other than lastgood's own folder, and than files that a program removes
 * again.
 */
const holdsSomething = (data: string, mounted: boolean) =>
  Effect.flatMap(Files, (files) =>
    io("read", data, async () => {
      for await (const entry of files.entries(data)) {
        const { name } = entry
        const isPlain = entry.isFile() || entry.isDirectory() || entry.isSymbolicLink()
        if (!isPlain && (await isSocketOrPipe(files, join(data, name)))) continue
        // A new ext4 filesystem has this folder, and it contains no data.
        if (mounted && (name === ownFolder || name === "lost+found")) continue
        return true
      }
      return false
    })
  )

const asDataMark = ({ app, at, mark, version }: DataMark): DataMark => ({ app, mark, version, at })

const lookInside = Effect.fnUntraced(function* (
  app: App,
  volume: Volume,
  data: string,
  mounted: boolean,
  nothing: SeenVolume
) {
  const stat = yield* statOrNull(data)
  if (stat === null || !(volume.kind === "file" ? stat.isFile() : stat.isDirectory())) return nothing
  const own = mounted ? null : yield* readBeside(data)
  const read = own ?? (yield* readUnderRoot(app, volume))
  const seen: SeenVolume = {
    ...nothing,
    inode: yield* identityOf(data, stat),
    mounted,
    held: volume.kind === "file" ? stat.size > 0n : yield* holdsSomething(data, mounted),
    mark: read === null ? null : asDataMark(read.mark),
    moved: own?.moved === true
  }
  return seen
})

const lookAt = Effect.fnUntraced(function* (app: App, volume: Volume, mounts: Mounts) {
  const { created, name } = volume
  const nothing: SeenVolume = { name, inode: null, created, mounted: false, held: false, mark: null, moved: false }
  const resolved = resolveVolume(volume).pipe(Effect.catchTag("SnapshotRefusal", () => Effect.succeed(null)))
  // Another path may have a symlink to a filesystem of a server.
  const isOwn = volume.path.startsWith(`${app.dir}/`)
  const data = yield* isOwn ? atOnceIfLocal(dirname(volume.path))(resolved) : resolved
  if (data === null) return nothing
  const seen = lookInside(app, volume, data, mounts.isMountPoint(data), nothing)
  return yield* mounts.isLocal(data) ? Effect.provideService(seen, Files, atOnce) : seen
})

const look = Effect.fnUntraced(function* (app: App, volumes: ReadonlyArray<Volume>) {
  const mounts = yield* readMounts
  return yield* Effect.forEach(volumes, (volume) => lookAt(app, volume, mounts))
})

const remove = (path: string) => io("remove", path, () => fs.rm(path, { force: true }))

const writeMark = Effect.fnUntraced(function* (folder: string, name: string, mark: DataMark) {
  const stat = yield* io("stat", folder, () => fs.stat(folder, { bigint: true }))
  yield* writeFileDurably(join(folder, name), `${encodeMark({ ...mark, folder: folderOf(stat) })}\n`)
})

const writeBeside = Effect.fnUntraced(function* (data: string, mark: DataMark) {
  const folder = yield* makeOwn(yield* hold(dirname(data)), marksFolder)
  yield* writeMark(folder.at, besideName(data), mark)
}, Effect.scoped)

const removeBeside = Effect.fnUntraced(function* (data: string) {
  const folder = yield* holdBeside(data).pipe(
    Effect.catch((trouble) => (isNone(trouble) ? Effect.succeed(null) : Effect.fail(trouble)))
  )
  if (folder === null) return
  const isReadOnly = ({ code }: IoFailed): boolean => code === "EROFS"
  yield* remove(join(folder.at, besideName(data))).pipe(Effect.catchIf(isReadOnly, () => Effect.void))
}, Effect.scoped)

/** The folder of marks does not exist, is not lastgood's, or was never writable for it. */
const isNone = (trouble: IoFailed | SnapshotRefusal): boolean =>
  trouble._tag === "SnapshotRefusal" || ["ENOENT", "ENOTDIR", "EACCES"].includes(trouble.code)

const writeUnderRoot = Effect.fnUntraced(function* (app: App, volume: Volume, mark: DataMark) {
  const path = underRoot(app, volume)
  yield* makePrivateFolder(dirname(path))
  yield* writeMark(dirname(path), basename(path), mark)
})

/** One of the two places, never both: the first one to be read must not be older than the second. */
const markOne = Effect.fnUntraced(function* (app: App, volume: Volume, mark: DataMark, mounts: Mounts) {
  const data = yield* resolveVolume(volume).pipe(Effect.catchTag("SnapshotRefusal", () => Effect.succeed(null)))
  if (data === null || (yield* kindAt(data)) === null) return
  const mounted = mounts.isMountPoint(data)
  const written = mounted
    ? false
    : yield* writeBeside(data, mark).pipe(
        Effect.as(true),
        Effect.catch((trouble: SnapshotTrouble) =>
          Effect.as(
            isFull(trouble)
              ? Effect.logWarning(`${volumeText(volume.name)} was not marked: ${trouble.message}`)
              : Effect.void,
            false
          )
        )
      )
  if (written) return yield* remove(underRoot(app, volume))
  if (!mounted) yield* removeBeside(data)
  yield* writeUnderRoot(app, volume, mark).pipe(Effect.catch(() => remove(underRoot(app, volume))))
})

const mark = Effect.fn("DataIdentity.mark")(function* (app: App, volumes: ReadonlyArray<Volume>, data: DataMark) {
  const mounts = yield* readMounts
  yield* Effect.forEach(volumes, (volume) => markOne(app, volume, data, mounts), { discard: true })
})

const overlaps = Effect.fn("DataIdentity.overlaps")(function* (volume: Volume, paths: ReadonlyArray<string>) {
  // Without the mounts, the paths alone are compared.
  const mounts = yield* Effect.sync(() => mountsOf("self"))
  const own = yield* sourceIn(volume.path, mounts)
  const found = yield* Effect.forEach(paths, (path) =>
    Effect.map(sourceIn(path, mounts), (other): ReadonlyArray<Overlap> => {
      const [around, inside] = [isWithin(own, other), isWithin(other, own)]
      if (!around && !inside) return []
      return [{ path, where: around && inside ? "same" : around ? "around" : "inside" }]
    })
  )
  return found.flat()
})

export const layer = Layer.succeed(
  DataIdentity,
  DataIdentity.of({
    look: (app, volumes) => look(app, volumes).pipe(failedAs(app, "reading the volumes")),
    overlaps,
    sizeText: ({ path }) => Effect.map(folderSize(path), folderSizeText),
    mark: (app, volumes, data) => mark(app, volumes, data).pipe(failedAs(app, "marking the volumes"))
  })
)
