/**
 * Where the staged and the set-aside tree of a volume lie for an attempt. A swap is two renames, so both must be on the
 * volume's own mount:
 * - `root`: `<app>/staged` and `<app>/aside`, where lastgood's root is on the same mount. The safest: nothing that
 *   removes or prunes volumes can reach it.
 * - `beside`: `<volume's parent>/.lastgood/<attempt>`, on another filesystem. `docker volume rm` and `prune` remove
 *   it with the volume.
 * - `inside`: `<volume>/.lastgood/<attempt>`, where the volume's folder is itself a mount and cannot be renamed; its
 *   children are moved instead. Snapshots leave this folder out. The app sees it, and whoever owns the volume's root
 *   could put another in its place: it is checked at the start of every operation (LAW-13), and an app that is not
 *   trusted should be down while its mounted volumes are staged or cleaned up.
 */

import * as fs from "node:fs/promises"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import type { App, Volume } from "../domain/App.ts"
import { exists, statOrNull } from "./Durable.ts"
import { ownFolder, resolveVolume } from "./Folder.ts"
import { readMounts } from "./Mounts.ts"
import { type IoFailed, io, Refusal } from "./Trouble.ts"

export type PlaceKind = "root" | "beside" | "inside"

/** The trees of one volume in one attempt, and the marks of how far its restore is. */
export interface Trees {
  /** The whole tree that `swap` will put in. Being there means: verified, complete and on disk. */
  readonly staged: string
  /** The tree as it is being unpacked. */
  readonly unpacking: string
  /** The data that the swap replaced. */
  readonly aside: string
  /** `inside` only: the data while its children are being moved out; becomes `aside` when all are. */
  readonly leaving: string
  /** An empty file: the staged trees of all volumes were swapped in. */
  readonly swapped: string
}

export interface Place extends Trees {
  readonly kind: PlaceKind
  readonly volume: Volume
  /** The volume's data folder, its parents resolved. It may be missing in the middle of a swap. */
  readonly data: string
  /** Holds the staged trees of this attempt: one folder per snapshot, in it one per volume. */
  readonly stagedRoot: string
  /** Folders of ours to remove once they are empty, deepest first. */
  readonly folders: ReadonlyArray<string>
}

/** @param volume its name. */
export const treesIn = (stagedRoot: string, asideRoot: string, id: string, volume: string): Trees => ({
  staged: join(stagedRoot, id, volume, "tree"),
  unpacking: join(stagedRoot, id, volume, "unpacking"),
  swapped: join(stagedRoot, id, volume, "swapped"),
  aside: join(asideRoot, volume),
  leaving: join(asideRoot, `.leaving-${volume}`)
})

/** Where an attempt's trees lie for the volumes that share the root's mount: staged, and set aside. */
export const rootFolders = (app: App, attempt: string): readonly [string, string] => [
  join(app.dir, "staged", attempt),
  join(app.dir, "aside", attempt)
]

const placeAt = (kind: PlaceKind, app: App, volume: Volume, data: string, attempt: string, id: string): Place => {
  const own = join(kind === "inside" ? data : dirname(data), ownFolder)
  const [stagedRoot, asideRoot] =
    kind === "root" ? rootFolders(app, attempt) : [join(own, attempt, "staged"), join(own, attempt, "aside")]
  return {
    ...treesIn(stagedRoot, asideRoot, id, volume.name),
    kind,
    volume,
    data,
    stagedRoot,
    folders: [join(stagedRoot, id, volume.name), join(stagedRoot, id), stagedRoot, asideRoot, join(own, attempt), own]
  }
}

/**
 * The place of a volume for an attempt. One that already holds something wins: what an interrupted call began is found
 * again even when the data folder is not there to ask, or mounts have changed since.
 */
export const placeOf = (
  app: App,
  volume: Volume,
  attempt: string,
  id: string
): Effect.Effect<Place, IoFailed | Refusal> =>
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
    for (const place of [root, beside]) {
      if ((yield* exists(place.stagedRoot)) || (yield* exists(place.aside))) return place
    }
    const home = yield* io("resolve", app.dir, () => fs.realpath(app.dir))
    const own = (yield* statOrNull(data)) ?? (yield* statOrNull(dirname(data)))
    const ours = yield* statOrNull(home)
    const together = mounts.holding(home) === mounts.holding(data) && own?.dev === ours?.dev
    return together ? root : beside
  })

/** The folders of ours that are there must be real ones that only we can write to: the volume's users may know the names. */
const assertOurs = (place: Place) =>
  Effect.forEach(
    place.folders,
    (folder) =>
      Effect.gen(function* () {
        const stat = yield* statOrNull(folder)
        if (stat === null) return
        const ours = stat.isDirectory() && Number(stat.uid) === process.getuid?.() && (stat.mode & 0o022n) === 0n
        if (ours) return
        return yield* new Refusal({
          reason: `${folder} is not lastgood's: expected a folder of its own that nobody else can write to`,
          next: "see who made it, and remove it"
        })
      }),
    { discard: true }
  )
