/**
 * The first half of a restore, which changes no volume: the snapshot is verified whole, then unpacked on each volume's
 * own mount, ready to be renamed in (LAW-3). The failing version may still run meanwhile.
 */
import * as fs from "node:fs/promises"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import type { App, Volume } from "../domain/App.ts"
import { Progress } from "../process/Progress.ts"
import { extractArchive } from "./Archive.ts"
import { exists, makePrivateFolder, removeIfEmpty, removeTree, rename, syncFilesystem } from "./Durable.ts"
import { openFolder } from "./Folder.ts"
import { checkName, checkVolumeNames, isSafeName } from "./Layout.ts"
import { type Place, placeOf, rootFolders, type Trees, treesIn } from "./Place.ts"
import { assertIntact, openSnapshot } from "./Seal.ts"
import type { SnapshotMeta } from "./SnapshotStore.ts"
import { io, Refusal } from "./Trouble.ts"

export interface RestoreRequest {
  readonly id: string
  readonly attempt: string
  readonly volumes: ReadonlyArray<Volume>
}

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
    yield* Effect.forEach(todo, (place) => stageVolume(app, folder, meta, place), {
      concurrency: atOnce,
      discard: true
    }).pipe(Effect.onError(() => Effect.ignore(unstage(app, request.attempt, request.volumes))))
    return meta
  })

/** The names of a request checked, and where each volume's trees lie. */
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
        new Refusal({
          reason: `the snapshot holds volumes that are gone: ${missing.join(", ")}`,
          next: "create them again (driver, options and labels are in its meta.json), then try again"
        })
      )
}

/** Staged, or staged once and swapped in since. */
const isStaged = (place: Place) =>
  Effect.gen(function* () {
    return (yield* exists(place.staged)) || (yield* exists(place.swapped))
  })

const stageVolume = (app: App, snapshot: string, meta: SnapshotMeta, place: Place) =>
  Effect.gen(function* () {
    const { volume } = place
    const folder = yield* openFolder(app, volume)
    const archive = meta.archives[volume.name]
    const progress = yield* Progress
    yield* makePrivateFolder(dirname(place.unpacking))
    yield* removeTree(place.unpacking)
    yield* io("make folder", place.unpacking, () => fs.mkdir(place.unpacking, { mode: 0o700 }))
    if (archive === undefined) {
      // Only the failed version has this volume: the one before starts with it empty, and may write to it as before.
      yield* io("set owner and mode of", place.unpacking, async () => {
        await fs.chown(place.unpacking, folder.uid, folder.gid)
        await fs.chmod(place.unpacking, folder.mode)
      })
    } else {
      yield* progress.bytes(`unpack ${volume.name}`, 0, archive.bytes)
      yield* extractArchive(join(snapshot, archive.file), place.unpacking)
      yield* progress.bytes(`unpack ${volume.name}`, archive.bytes, archive.bytes)
    }
    yield* syncFilesystem(place.stagedRoot)
    yield* rename(place.unpacking, place.staged)
  })

/** Removes staged trees that were not swapped in. In the middle of a swap that would lose data: refused. */
export const unstage = (app: App, attempt: string, volumes: ReadonlyArray<Volume>) =>
  Effect.gen(function* () {
    yield* checkName("attempt", attempt)
    yield* checkVolumeNames(volumes)
    const places = yield* placesOfAttempt(app, attempt, yield* stillThere(volumes))
    yield* assertNotBegun([...places, ...(yield* treesUnderRoot(app, attempt))])
    for (const place of places) {
      yield* removeTree(place.unpacking)
      yield* removeTree(place.staged)
      yield* removeIfEmpty(...place.folders)
    }
  })

/** Every place of an attempt, whichever snapshot was staged there. */
const placesOfAttempt = (app: App, attempt: string, volumes: ReadonlyArray<Volume>) =>
  Effect.forEach(volumes, (volume) =>
    Effect.gen(function* () {
      const { stagedRoot } = yield* placeOf(app, volume, attempt, "any")
      const ids = (yield* foldersIn(stagedRoot)).filter(isSafeName)
      return yield* Effect.forEach(ids, (id) => placeOf(app, volume, attempt, id))
    })
  ).pipe(Effect.map((places) => places.flat()))

/** What lies under the root, of volumes too that a runtime does not list because their data is aside. */
const treesUnderRoot = (app: App, attempt: string) =>
  Effect.gen(function* () {
    const [stagedRoot, asideRoot] = rootFolders(app, attempt)
    const ids = yield* foldersIn(stagedRoot)
    const each = yield* Effect.forEach(ids, (id) =>
      Effect.map(foldersIn(join(stagedRoot, id)), (names) =>
        names.map((name) => treesIn(stagedRoot, asideRoot, id, name))
      )
    )
    return each.flat()
  })

/** A swap is of all volumes or none: begun for one and not done for another, the staged trees are still needed. */
const assertNotBegun = (all: ReadonlyArray<Trees>) =>
  Effect.gen(function* () {
    const begun = yield* Effect.filter(all, (trees) =>
      Effect.gen(function* () {
        const touched = (yield* exists(trees.aside)) || (yield* exists(trees.leaving))
        return touched && !(yield* exists(trees.swapped))
      })
    )
    const left = yield* Effect.filter(all, (trees) => exists(trees.staged))
    if (begun.length === 0 || left.length === 0) return
    return yield* new Refusal({
      reason: `the attempt is in the middle of a swap: data lies at ${begun[0]?.aside}, what is still to be put in at ${left[0]?.staged}`,
      next: "finish the restore (`lastgood restore` goes on where it was)"
    })
  })

const foldersIn = (path: string) =>
  io("list", path, () => fs.readdir(path)).pipe(
    Effect.catch((error) => (error.code === "ENOENT" ? Effect.succeed([]) : Effect.fail(error)))
  )

/** Removes what an attempt set aside, for good, and every trace of it in its places. */
export const removeAside = (app: App, attempt: string, volumes: ReadonlyArray<Volume>) =>
  Effect.gen(function* () {
    yield* unstage(app, attempt, volumes)
    for (const volume of yield* stillThere(volumes)) {
      const place = yield* placeOf(app, volume, attempt, "any")
      const asides = dirname(place.aside)
      const mine = (yield* foldersIn(asides)).filter((name) => isAsideOf(volume.name, name))
      yield* Effect.forEach(mine, (name) => removeTree(join(asides, name)), { discard: true })
      for (const { swapped, folders } of yield* placesOfAttempt(app, attempt, [volume])) {
        yield* io("remove", swapped, () => fs.rm(swapped, { force: true }))
        yield* removeIfEmpty(...folders)
      }
      yield* removeIfEmpty(...place.folders)
    }
    // Under the root also what belonged to volumes that nobody knows any more.
    yield* Effect.forEach(rootFolders(app, attempt), removeTree, { discard: true })
  })

/** A volume that was removed took what lay beside it along. */
const stillThere = (volumes: ReadonlyArray<Volume>) => Effect.filter(volumes, (volume) => exists(dirname(volume.path)))

/** `data`, and `data~2` …, where something had been put into the data's place in the middle of a swap. */
const isAsideOf = (volume: string, name: string): boolean => name === volume || name.startsWith(`${volume}~`)
