/** Which engine captures a volume, and why. */
import * as fs from "node:fs/promises"
import * as Effect from "effect/Effect"
import { io } from "../../disk/io.ts"
import type { App, EffectiveApp, Volume } from "../../domain/App.ts"
import { choosesEngines } from "../../domain/mayHaveMirrors.ts"
import { advise, nextText } from "../../domain/Next.ts"
import { filterOf, keepsAll } from "../../domain/volumeFilter.ts"
import { notSubvolume, whyNoSubvolume } from "../btrfs/Engine.ts"
import { type Folder, openFolder } from "../Folder.ts"
import { type PlaceKind, placeOf } from "../Place.ts"
import type { VolumeEngine } from "../SnapshotStore.ts"

/** Filesystems, by the magic number of statfs(2). */
export const ext4 = 0xef53

/** xfs and btrfs, where a file may share the blocks of another. */
export const sharing: ReadonlySet<number> = new Set([0x58465342, 0x9123683e])

/** Those whose ctime tells every change. */
const filesystems: ReadonlySet<number> = new Set([ext4, ...sharing])

/** No attempt has anything in its place. */
const anyAttempt = "mirror"

/** The place of a volume's mirror. */
export const mirrorPlaceOf = (app: App, volume: Volume) => placeOf(app, volume, anyAttempt, anyAttempt)

export const makeAppFolder = (app: App) =>
  io("make folder", app.dir, () => fs.mkdir(app.dir, { recursive: true, mode: 0o700 }))

/** The engine that the settings name, and of a volume that it cannot capture, why not. */
export const askedEngineOf = (app: EffectiveApp, volume: Volume) =>
  Effect.gen(function* () {
    const { kind } = yield* mirrorPlaceOf(app, volume)
    const folder = yield* openFolder(app, volume)
    const name = app.snapshot.engine === "btrfs" ? "btrfs" : "mirror"
    const why = yield* name === "btrfs" ? whyNoSubvolume(app, folder, kind) : whyNoMirror(app, folder, kind)
    const engine: VolumeEngine =
      why === null
        ? { volume, name, why: kind === "root" ? "kept under the root" : "kept beside the data" }
        : { volume, name: "tar", why, ...(why === notSubvolume ? { next: makeSubvolume(app) } : {}) }
    return engine
  }).pipe(Effect.scoped)

/** No data is lost between the two: the app is down. */
const makeSubvolume = ({ name }: EffectiveApp): string =>
  nextText(name, advise`a restore makes it one: ${{ do: "Promote", atTeardown: true }}, then ${{ do: "Restore" }}`)

/** What prevents a mirror of a volume, whatever its size; null: nothing. */
export const whyNoMirror = (app: EffectiveApp, folder: Folder, kind: PlaceKind) =>
  Effect.gen(function* () {
    if (folder.file !== null) return "it is one file"
    if (!keepsAll(filterOf(app, folder.volume.key))) return "a filter leaves files out"
    if (kind === "inside") return "its folder is a mount of its own"
    // `docker volume rm` would remove its only snapshot as well.
    if (kind === "beside" && folder.volume.kind === "volume") return "it is on another mount than the root"
    const { type } = yield* io("look at", folder.path, () => fs.statfs(folder.at))
    return filesystems.has(Number(type)) ? null : "its filesystem is not ext4, xfs or btrfs"
  })

/**
 * What may capture a volume now, in the quiet window, where nothing is measured: which mirrors there are was decided before.
 *
 * @returns null: an archive is written.
 */
export const capturableBy = (app: EffectiveApp, folder: Folder, kind: PlaceKind) =>
  Effect.gen(function* () {
    const { engine } = app.snapshot
    if (engine === "btrfs" || choosesEngines(app)) {
      if ((yield* whyNoSubvolume(app, folder, kind)) === null) return "btrfs"
      if (engine === "btrfs") return null
    }
    return (yield* whyNoMirror(app, folder, kind)) === null ? "mirror" : null
  })
