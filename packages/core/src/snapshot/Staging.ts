/**
 * The first half of a restore, which changes no volume: the snapshot is fully verified, then unpacked on each volume's
 * own mount, ready to be renamed (LAW-3). The failing version may still run in the meantime.
 */
import * as fs from "node:fs/promises"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import { exists, rename, statOrNull } from "../disk/Durable.ts"
import { io } from "../disk/io.ts"
import type { App } from "../domain/App.ts"
import { volumeText } from "../domain/folders.ts"
import { Progress } from "../process/Progress.ts"
import { syncFilesystem } from "../process/syncFilesystem.ts"
import { extractArchive } from "./Archive.ts"
import { makeUnpacking } from "./btrfs/Staging.ts"
import { unstage } from "./Clearing.ts"
import { assertSame, type Folder, openFolder } from "./Folder.ts"
import { assertIs, type Held } from "./Held.ts"
import { sizesProblems } from "./Integrity.ts"
import { checkName, checkVolumeNames } from "./Layout.ts"
import { archiveOf } from "./Meta.ts"
import { subvolumeStampOf } from "./mirror/Check.ts"
import { isMirrorOf, needsArchive, putMirrorIn } from "./mirror/PuttingIn.ts"
import { removeMirrors } from "./mirror/Refresh.ts"
import { openSnapshot } from "./Opening.ts"
import { holdTrees, type Place, placeOf } from "./Place.ts"
import { assertRoom, orNoRoom } from "./Room.ts"
import { removeTree } from "./removeTree.ts"
import { assertIntact } from "./Seal.ts"
import { type RestoreRequest, SnapshotDamaged, type SnapshotMeta } from "./SnapshotStore.ts"
import { SnapshotRefusal } from "./Trouble.ts"

const atOnce = 2

/** The work on archives of the snapshot that are not made yet. */
export interface Unmade<E> {
  /** Makes them, at normal priority. */
  readonly make: Effect.Effect<SnapshotMeta, E>
  /** Makes only those without which no restore is possible. */
  readonly makeNeeded: Effect.Effect<SnapshotMeta, E>
  /** Ends the work that makes them in the background. */
  readonly stop: Effect.Effect<void>
}

/** Verifies the snapshot and stages a tree for every volume of the request. */
export const stage = <E>(app: App, request: RestoreRequest, unmade: Unmade<E>) =>
  Effect.gen(function* () {
    const found = yield* openSnapshot(app, request.id)
    const places = yield* placesOf(app, request)
    yield* assertAllThere(found.meta, request)
    const todo = yield* Effect.filter(places, (place) => Effect.map(isStaged(place), (staged) => !staged))
    if (todo.length === 0) return found.meta
    if (todo.some((place) => needsArchive(found.meta, place))) yield* unmade.makeNeeded
    // It has the disk for itself.
    yield* unmade.stop
    let { folder, meta } = yield* openSnapshot(app, request.id)
    const mirrored = yield* Effect.filter(todo, (place) => isMirrorOf(app, meta, place))
    const others = todo.filter((place) => !mirrored.includes(place))
    if (others.some(({ volume }) => isUnmade(meta, volume.name))) meta = yield* unmade.make
    yield* assertWhole(app, folder, meta, mirrored)
    yield* Effect.forEach(others, ({ volume }) => Effect.ignore(removeMirrors(app, [volume])), { discard: true })
    yield* assertRoom(meta, others)
    const staging = { app, folder, meta, request, unmade }
    yield* Effect.forEach(todo, (place) => stageVolume(staging, place, mirrored.includes(place)), {
      concurrency: atOnce,
      discard: true
    }).pipe(Effect.onError(() => Effect.ignore(unstage(app, request.attempt, request.volumes))))
    return meta
  })

const isUnmade = (meta: SnapshotMeta, name: string): boolean => archiveOf(meta, name)?.mirror !== undefined

/**
 * What is unpacked is verified. Of a volume whose mirror is put in, the archive only has to be there: the snapshot keeps it.
 * One with the snapshot of a subvolume may be without.
 */
const assertWhole = (app: App, folder: string, whole: SnapshotMeta, mirrored: ReadonlyArray<Place>) =>
  Effect.gen(function* () {
    const isMirrored = (name: string) => mirrored.some(({ volume }) => volume.name === name)
    const entries = Object.entries(whole.archives)
    const kept = entries.filter(([name]) => isMirrored(name)).map(([, archive]) => archive)
    const used = kept.filter((archive) => subvolumeStampOf(archive) === null)
    const problems = yield* sizesProblems(folder, used)
    if (problems.length > 0) return yield* new SnapshotDamaged({ app: app.name, snapshot: whole.id, problems })
    const meta = { ...whole, archives: Object.fromEntries(entries.filter(([name]) => !isMirrored(name))) }
    yield* assertIntact(app, folder, meta)
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

const assertAllThere = (meta: SnapshotMeta, { leaves = () => false, volumes }: RestoreRequest) => {
  const missing = meta.volumes.filter((name) => !leaves(name) && !volumes.some((volume) => volume.name === name))
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

interface Staging<E> {
  readonly app: App
  /** Of the snapshot. */
  readonly folder: string
  readonly meta: SnapshotMeta
  readonly request: RestoreRequest
  readonly unmade: Unmade<E>
}

const stageVolume = <E>(staging: Staging<E>, place: Place, isMirrored: boolean) =>
  Effect.gen(function* () {
    const { app, folder: snapshot, request } = staging
    const { toSubvolumes = false } = request
    const folder = yield* openFolder(app, place.volume)
    const { staged, trees } = yield* holdTrees(place)
    if (!(isMirrored && (yield* putMirrorIn(app, place, staged)))) {
      const meta = isMirrored ? yield* withArchive(staging, place) : staging.meta
      yield* unpack(snapshot, meta, folder, staged, toSubvolumes).pipe(
        Effect.onError(() => Effect.ignore(removeTree(trees.unpacking)))
      )
    }
    yield* assertSame(app, folder)
  }).pipe(Effect.scoped)

/** The mirror cannot be put in after all, so its archive was not verified, or is not made yet. */
const withArchive = <E>({ app, folder, meta, unmade }: Staging<E>, { volume: { name } }: Place) =>
  Effect.gen(function* () {
    const made = isUnmade(meta, name) ? yield* unmade.make : meta
    const archives = Object.fromEntries(Object.entries(made.archives).filter(([one]) => one === name))
    yield* assertIntact(app, folder, { ...made, archives })
    return made
  })

/** @param staged the folder for the new tree. */
const unpack = (snapshot: string, meta: SnapshotMeta, folder: Folder, staged: Held, toSubvolume: boolean) =>
  Effect.gen(function* () {
    const { volume } = folder
    const archive = archiveOf(meta, volume.name)
    if (archive !== undefined && (archive.kind ?? "volume") !== volume.kind) {
      return yield* new SnapshotRefusal({
        reason: `${volumeText(volume.name)}: expected a ${archive.kind ?? "volume"}, which the snapshot holds, found a ${volume.kind}`,
        next: "move away what is there now, then try again"
      })
    }
    const progress = yield* Progress
    yield* removeTree(join(staged.at, "unpacking"))
    const tree = yield* makeUnpacking(folder, staged, toSubvolume)
    if (archive === undefined && folder.file !== null) {
      const file = join(tree.at, folder.file)
      yield* io("make", tree.path, () => fs.writeFile(file, "", { flag: "wx", mode: 0o600 }))
      yield* io("set owner and mode of", tree.path, async () => {
        await fs.chown(file, folder.uid, folder.gid)
        await fs.chmod(file, folder.mode)
      })
    } else if (archive === undefined) {
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
    if (folder.file !== null) return yield* stageFile(folder, folder.file, staged)
    yield* rename(join(staged.at, "unpacking"), join(staged.at, "tree"))
    yield* assertIs(tree, join(staged.at, "tree"))
  })

/** A volume that is one file: it was unpacked into a folder, and is what is put in. */
const stageFile = ({ volume }: Folder, name: string, staged: Held) =>
  Effect.gen(function* () {
    const file = join(staged.at, "unpacking", name)
    const stat = yield* statOrNull(file)
    if (stat?.isFile() !== true) {
      return yield* new SnapshotRefusal({
        reason: `${volumeText(volume.name)}: its archive does not hold the file ${name}`,
        next: "restore another snapshot"
      })
    }
    yield* rename(file, join(staged.at, "tree"))
    yield* removeTree(join(staged.at, "unpacking"))
  })
