/**
 * A restore from a mirror: its tree is the snapshot, so it is staged by one rename, and nothing is unpacked. The archive
 * exists by then, so the snapshot is not used up. The next `refresh` makes a new mirror. The snapshot of a subvolume is not
 * used up in any case, so it needs no archive.
 */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { rename } from "../../disk/Durable.ts"
import type { App } from "../../domain/App.ts"
import { volumeText } from "../../domain/folders.ts"
import { isSubvolume } from "../../removal/Subvolume.ts"
import { stageSnapshot } from "../btrfs/Staging.ts"
import { assertIs, type Held, holdTree } from "../Held.ts"
import { archiveOf } from "../Meta.ts"
import type { Place } from "../Place.ts"
import { removeTree } from "../removeTree.ts"
import type { SnapshotMeta } from "../SnapshotStore.ts"
import { isOfMirror, stampProblem } from "./Check.ts"
import { forgetTree, mirrorAt, removeHome, snapshotIn } from "./Home.ts"

/** Whether a restore of the volume needs its archive, which is not made yet. */
export const needsArchive = (meta: SnapshotMeta, { volume }: Place): boolean => {
  const archive = archiveOf(meta, volume.name)
  return archive?.mirror !== undefined && isOfMirror(archive)
}

/** Whether the mirror of a volume still is its tree in a snapshot, and can be put in: see above. */
export const isMirrorOf = (app: App, meta: SnapshotMeta, place: Place) =>
  Effect.gen(function* () {
    const archive = archiveOf(meta, place.volume.name)
    if (archive === undefined) return false
    if (archive.tree === undefined && isOfMirror(archive)) return false
    const kind = archive.kind ?? "volume"
    const mirror = kind === place.volume.kind ? yield* mirrorAt(app, place) : null
    if (mirror === null || (yield* snapshotIn(mirror.held)) !== meta.id) return false
    const problem = yield* stampProblem(mirror.held, meta.id, archive)
    if (problem !== null) yield* Effect.logWarning(`the archive is used instead of the mirror: ${problem}`)
    return problem === null
  }).pipe(
    Effect.scoped,
    Effect.catch(({ message }) => Effect.as(Effect.logWarning(`the archive is used: ${message}`), false))
  )

/**
 * @param staged the folder for the staged tree.
 * @returns false: the mirror could not be put in, so the archive is needed.
 */
export const putMirrorIn = (app: App, place: Place, staged: Held) =>
  Effect.gen(function* () {
    const mirror = yield* mirrorAt(app, place)
    if (mirror === null || mirror.held.dev !== staged.dev) return false
    const { held, home } = mirror
    yield* removeTree(join(staged.at, "unpacking"))
    const tree = yield* holdTree(held)
    if (yield* isSubvolume(tree)) {
      yield* stageSnapshot(held, tree, staged)
      return true
    }
    yield* forgetTree(held)
    yield* rename(join(held.at, "tree"), join(staged.at, "tree"))
    yield* assertIs(tree, join(staged.at, "tree"))
    yield* Effect.ignore(removeHome(home))
    return true
  }).pipe(
    Effect.scoped,
    Effect.catch(({ message }) =>
      Effect.as(
        Effect.logWarning(`${volumeText(place.volume.name)}: the archive is used instead of its mirror: ${message}`),
        false
      )
    )
  )
