/**
 * The place of a volume's staged and set-aside trees in an attempt. A swap is two renames, so both must be on the
 * volume's own mount:
 * - `root`: `<app>/staged` and `<app>/aside`, if lastgood's root is on the same mount. The safest: nothing that removes
 *   or prunes volumes can reach it.
 * - `beside`: `<volume's parent>/.lastgood/<attempt>`, on another mount. `docker volume rm` and `prune` remove it
 *   with the volume.
 * - `inside`: `<volume>/.lastgood/<attempt>`, if the volume's folder is itself a mount and cannot be renamed; its
 *   children are moved instead. Snapshots leave this folder out. The app sees it, and the owner of the volume's root
 *   can replace it at any moment. So in every place, work is done through folders that are held open (LAW-13).
 */
import * as fs from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import { exists, statOrNull } from "../disk/Durable.ts"
import { type IoFailed, io } from "../disk/io.ts"
import type { App, Volume } from "../domain/App.ts"
import { ownFolder, resolveVolume } from "./Folder.ts"
import { hold, holdOwn, isOurs, makeOwn, notOurs } from "./Held.ts"
import { fileNameOf } from "./Layout.ts"
import { readMounts } from "./Mounts.ts"
import type { SnapshotRefusal } from "./Trouble.ts"

export type PlaceKind = "root" | "beside" | "inside"

/** The trees of one volume in one attempt, and the marks that record the progress of its restore. */
export interface Trees {
  /** The complete tree for `swap`. If it exists, it is verified, complete and on disk. */
  readonly staged: string
  /** The tree while it is being unpacked. */
  readonly unpacking: string
  /** The data that the swap replaced. */
  readonly aside: string
  /** `inside` only: the data while its children are being moved out; renamed to `aside` when all are. */
  readonly leaving: string
  /** An empty file: the staged trees of all volumes were swapped in. */
  readonly swapped: string
}

export interface Place extends Trees {
  readonly kind: PlaceKind
  readonly volume: Volume
  /** The volume's data folder, its parents resolved. It may be missing in the middle of a swap. */
  readonly data: string
  /** The parent of our folders, which we neither create nor remove. */
  readonly base: string
  /**
   * The path below the base to the folder with the staged trees of this attempt, which has one folder per snapshot.
   */
  readonly stagedRoot: ReadonlyArray<string>
  /** The path below the base to the folder with the staged tree of this volume. */
  readonly stagedIn: ReadonlyArray<string>
  /** The path below the base to the folder with the set-aside tree of this volume. */
  readonly asideIn: ReadonlyArray<string>
}

/**
 * @param file the name of the volume in file names.
 * @param stagedIn the folder with its staged tree.
 * @param asideIn the folder with its set-aside data.
 */
const treesIn = (stagedIn: string, asideIn: string, file: string): Trees => ({
  staged: join(stagedIn, "tree"),
  unpacking: join(stagedIn, "unpacking"),
  swapped: join(stagedIn, "swapped"),
  aside: join(asideIn, file),
  leaving: join(asideIn, `.leaving-${file}`)
})

/** The trees under the root, of a volume that a runtime may not list because its data is set aside. */
export const treesUnder = (roots: readonly [string, string], id: string, file: string): Trees =>
  treesIn(join(roots[0], id, file), roots[1], file)

/** The folders of an attempt for volumes on the root's mount: staged, and set aside. */
export const rootFolders = (app: App, attempt: string): readonly [string, string] => [
  join(app.dir, "staged", attempt),
  join(app.dir, "aside", attempt)
]

const placeAt = (kind: PlaceKind, app: App, volume: Volume, data: string, attempt: string, id: string): Place => {
  const base = kind === "root" ? app.dir : kind === "inside" ? data : dirname(data)
  const stagedRoot = kind === "root" ? ["staged", attempt] : [ownFolder, attempt, "staged"]
  const file = fileNameOf(volume.name)
  const stagedIn = [...stagedRoot, id, file]
  const asideIn = kind === "root" ? ["aside", attempt] : [ownFolder, attempt, "aside"]
  return {
    ...treesIn(join(base, ...stagedIn), join(base, ...asideIn), file),
    kind,
    volume,
    data,
    base,
    stagedRoot,
    stagedIn,
    asideIn
  }
}

/**
 * The place of a volume for an attempt. A place that already has something takes precedence, so that an interrupted
 * call is found again even if the data folder is missing, or mounts have changed since.
 */
export const placeOf = (
  app: App,
  volume: Volume,
  attempt: string,
  id: string
): Effect.Effect<Place, IoFailed | SnapshotRefusal> =>
  Effect.gen(function* () {
    const data = yield* resolveVolume(volume)
    const mounts = yield* readMounts
    if (mounts.isMountPoint(data)) {
      const inside = placeAt("inside", app, volume, data, attempt, id)
      yield* assertOurs(inside)
      return inside
    }
    const root = placeAt("root", app, volume, data, attempt, id)
    const beside = placeAt("beside", app, volume, data, attempt, id)
    yield* assertOurs(beside)
    for (const place of [root, beside]) if (yield* isUsed(place)) return place
    const home = yield* io("resolve", app.dir, () => fs.realpath(app.dir))
    // The folder itself may be a subvolume of btrfs, which has a device of its own and is renamed like another folder.
    const own = yield* statOrNull(dirname(data))
    const ours = yield* statOrNull(home)
    const together = mounts.holding(home) === mounts.holding(data) && own?.dev === ours?.dev
    return together ? root : beside
  })

/**
 * Whether the volume itself has something there, of any snapshot. The folder of an attempt under the root does not tell:
 * it may be that of another volume, on another mount.
 */
const isUsed = (place: Place) =>
  Effect.gen(function* () {
    if (yield* exists(place.aside)) return true
    const root = join(place.base, ...place.stagedRoot)
    if (!(yield* exists(root))) return false
    const ids = yield* io("read", root, () => fs.readdir(root))
    const found = yield* Effect.findFirst(ids, (id) => exists(join(root, id, basename(dirname(place.staged)))))
    return found._tag === "Some"
  })

/** Our existing folders must be real ones that only we can write to. This is checked before anything is done. */
const assertOurs = (place: Place) =>
  Effect.forEach(
    [place.stagedIn, place.asideIn].flatMap((names) => names.map((_, i) => join(place.base, ...names.slice(0, i + 1)))),
    (folder) =>
      Effect.gen(function* () {
        const stat = yield* statOrNull(folder)
        if (stat === null) return
        if (stat.isDirectory() && isOurs({ uid: Number(stat.uid), mode: Number(stat.mode) })) return
        return yield* notOurs(folder)
      }),
    { discard: true }
  )

/** The parent of a place, held open. */
export const holdBase = (place: Place) =>
  place.kind === "root"
    ? Effect.flatMap(
        io("resolve", place.base, () => fs.realpath(place.base)),
        hold
      )
    : hold(place.base)

/** The trees of a place through held folders. Missing folders are created. */
export const holdTrees = (place: Place) =>
  Effect.gen(function* () {
    const base = yield* holdBase(place)
    const staged = yield* makeOwn(base, place.stagedIn)
    const aside = yield* makeOwn(base, place.asideIn)
    return { base, staged, aside, trees: treesIn(staged.at, aside.at, fileNameOf(place.volume.name)) }
  })

/** The folder of a place that has the staged tree, if it exists. */
export const holdStaged = (place: Place) =>
  Effect.flatMap(holdBase(place), (base) => Effect.map(holdOwn(base, place.stagedIn), (staged) => ({ base, staged })))
