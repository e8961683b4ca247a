/**
 * The first half of a restore, which changes no volume: the snapshot is fully verified, then unpacked on each volume's
 * own mount, ready to be renamed (LAW-3). The failing version may still run in the meantime.
 */
import * as fs from "node:fs/promises"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import { exists, rename } from "../disk/Durable.ts"
import { io } from "../disk/io.ts"
import type { App, Volume } from "../domain/App.ts"
import { Progress } from "../process/Progress.ts"
import { syncFilesystem } from "../process/syncFilesystem.ts"
import { extractArchive } from "./Archive.ts"
import { unstage } from "./Clearing.ts"
import { assertSame, type Folder, openFolder } from "./Folder.ts"
import { assertIs, type Held, makeOwn } from "./Held.ts"
import { checkName, checkVolumeNames } from "./Layout.ts"
import { archiveOf } from "./Meta.ts"
import { holdTrees, type Place, placeOf } from "./Place.ts"
import { assertRoom, orNoRoom } from "./Room.ts"
import { removeTree } from "./removeTree.ts"
import { assertIntact, openSnapshot } from "./Seal.ts"
import type { RestoreRequest, SnapshotMeta } from "./SnapshotStore.ts"
import { SnapshotRefusal } from "./Trouble.ts"

const atOnce = 2

/** Verifies the snapshot and stages a tree for every volume of the request. */
export const stage = (app: App, request: RestoreRequest) =>
  Effect.gen(function* () {
    const { folder, meta } = yield* openSnapshot(app, request.id)
    const places = yield* placesOf(app, request)
    yield* assertAllThere(meta, request.volumes)
    const todo = yield* Effect.filter(places, (place) => Effect.map(isStaged(place), (staged) => !staged))
    if (todo.length === 0) return meta
    yield* assertIntact(app, folder, meta)
    yield* assertRoom(meta, todo)
    yield* Effect.forEach(todo, (place) => stageVolume(app, folder, meta, place), {
      concurrency: atOnce,
      discard: true
    }).pipe(Effect.onError(() => Effect.ignore(unstage(app, request.attempt, request.volumes))))
    return meta
  })

/** Checks the names of a request, and finds the place of each volume's trees. */
export const placesOf = (app: App, request: RestoreRequest) =>
  Effect.gen(function* () {
    yield* checkName("snapshot", request.id)
    yield* checkName("attempt", request.attempt)
    yield* checkVolumeNames(request.volumes)
    yield* io("make folder", app.dir, () => fs.mkdir(app.dir, { recursive: true, mode: 0o700 }))
    return yield* Effect.forEach(request.volumes, (volume) => placeOf(app, volume, request.attempt, request.id))
  })

const assertAllThere = (meta: SnapshotMeta, volumes: ReadonlyArray<Volume>) => {
  const missing = meta.volumes.filter((name) => !volumes.some((volume) => volume.name === name))
  return missing.length === 0
    ? Effect.void
    : Effect.fail(
        new SnapshotRefusal({
          reason: `the snapshot contains volumes that no longer exist: ${missing.join(", ")}`,
          next: "create them (driver, options and labels are in its meta.json), then try again"
        })
      )
}

/**
 * Whether the trees are staged, or were staged and swapped in. Swapped in without the mark that proves quiet does not
 * count.
 */
const isStaged = (place: Place) =>
  Effect.gen(function* () {
    return (yield* exists(place.staged)) || (yield* exists(place.swapped)) || (yield* isMovedInside(place))
  })

/**
 * If a volume is itself a mount, all old children are out once `aside` has its name. Without a staged tree the new
 * children are in, or were, and a second set would have no place.
 */
export const isMovedInside = (place: Place) =>
  Effect.gen(function* () {
    if (place.kind !== "inside" || (yield* exists(place.staged))) return false
    return (yield* exists(place.aside)) && (yield* exists(dirname(place.staged)))
  })

const stageVolume = (app: App, snapshot: string, meta: SnapshotMeta, place: Place) =>
  Effect.gen(function* () {
    const { volume } = place
    const folder = yield* openFolder(app, volume)
    const { staged, trees } = yield* holdTrees(place)
    yield* unpack(snapshot, meta, folder, staged).pipe(Effect.onError(() => Effect.ignore(removeTree(trees.unpacking))))
    yield* assertSame(app, folder)
  }).pipe(Effect.scoped)

/** @param staged the folder for the new tree. */
const unpack = (snapshot: string, meta: SnapshotMeta, folder: Folder, staged: Held) =>
  Effect.gen(function* () {
    const { volume } = folder
    const archive = archiveOf(meta, volume.name)
    const progress = yield* Progress
    yield* removeTree(join(staged.at, "unpacking"))
    const tree = yield* makeOwn(staged, ["unpacking"])
    if (archive === undefined) {
      // Only the failed version has this volume. The previous version starts with it empty, and may write to it as
      // before.
      yield* io("set owner and mode of", tree.path, async () => {
        await fs.chown(tree.at, folder.uid, folder.gid)
        await fs.chmod(tree.at, folder.mode)
      })
    } else {
      yield* progress.bytes(`unpack ${volume.name}`, 0, archive.bytes)
      yield* extractArchive(join(snapshot, archive.file), tree.at).pipe(orNoRoom(tree.path, archive))
      yield* progress.bytes(`unpack ${volume.name}`, archive.bytes, archive.bytes)
    }
    yield* syncFilesystem(tree.at)
    yield* rename(join(staged.at, "unpacking"), join(staged.at, "tree"))
    yield* assertIs(tree, join(staged.at, "tree"))
  })
