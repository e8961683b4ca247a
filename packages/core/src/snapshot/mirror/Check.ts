/**
 * Whether the tree of a mirror is still what a snapshot captured:
 * - until its archive is made: by its manifest, which has names, types, sizes, times, owners, modes and links; the snapshot
 *   of a subvolume by its stamp
 * - afterwards: by its stamp, which has the inode and the ctime of each path, and changes with anything in the tree
 */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { exists } from "../../disk/Durable.ts"
import { scratchFolder } from "../../disk/Scratch.ts"
import type { App } from "../../domain/App.ts"
import { isSubvolumeStamp, subvolumeProblem } from "../btrfs/Stamp.ts"
import { crc } from "../Checksums.ts"
import { type Held, holdTree } from "../Held.ts"
import type { Archive } from "../SnapshotStore.ts"
import { holdHome, homeAt, snapshotIn } from "./Home.ts"
import { manifestAt, readList } from "./tree/List.ts"
import { manifestOf, problemsOf } from "./tree/Manifest.ts"
import { walkFast } from "./tree/Walking.ts"

/** Problems that are found without reading the tree; empty: it claims to be the snapshot's. */
const claimProblems = (held: Held | null, id: string, { file }: Archive) =>
  Effect.gen(function* () {
    if (held === null) return [`${file}: not made yet, and its mirror is missing`]
    const of = yield* snapshotIn(held)
    if (of !== id) return [`${held.path}: expected the mirror of snapshot ${id}, found ${of ?? "that of none"}`]
    return (yield* exists(join(held.at, "tree"))) ? [] : [`${held.path}: expected a tree, found none`]
  })

/** What prevents that the tree of a mirror is what a snapshot captured; empty: it is. */
export const treeProblems = (held: Held | null, id: string, archive: Archive) =>
  Effect.gen(function* () {
    const claims = yield* claimProblems(held, id, archive)
    if (held === null || claims.length > 0) return claims
    const stamp = subvolumeStampOf(archive)
    if (stamp !== null) {
      const problem = yield* subvolumeProblem(held, stamp)
      return problem === null ? [] : [problem]
    }
    const found = yield* manifestOf(held)
    if (found?.crc !== archive.manifest) {
      return [`${held.path}: expected a manifest with CRC ${archive.manifest}, found ${found?.crc ?? "none"}`]
    }
    return (yield* problemsOf(held)).map((problem) => `${held.path}: ${problem}`)
  })

const stampFormat = "%p\\0%i %C@\\0"

/**
 * POSIX `cksum` of a walk of the tree.
 *
 * @param isUrgent a rollback waits for it.
 */
export const stampOf = (held: Held, isUrgent = false) =>
  Effect.gen(function* () {
    const walked = join(yield* scratchFolder, "tree")
    const tree = yield* holdTree(held)
    const expected = isUrgent ? ((yield* readList(manifestAt(held)))?.size ?? 0) : 0
    yield* walkFast(walked, tree.at, expected, stampFormat)
    return yield* crc(walked)
  }).pipe(Effect.scoped)

/** The stamp of the subvolume's snapshot that captured the volume; null: something else did. */
export const subvolumeStampOf = ({ manifest }: Archive): string | null =>
  manifest !== undefined && isSubvolumeStamp(manifest) ? manifest : null

/** Not of the snapshot of a subvolume: a restore needs its archive. */
export const isOfMirror = (archive: Archive): boolean => subvolumeStampOf(archive) === null

/** The stamp for a tree that was compared with its manifest. The snapshot of a subvolume keeps the one it has. */
export const stampFor = (held: Held, archive: Archive) => {
  const stamp = subvolumeStampOf(archive)
  return stamp === null ? stampOf(held) : Effect.succeed(stamp)
}

/** Whether the tree differs from the one that got this stamp. */
export const isChangedSince = (held: Held, stamp: string, isUrgent = false) =>
  isSubvolumeStamp(stamp)
    ? Effect.map(subvolumeProblem(held, stamp), (problem) => problem !== null)
    : Effect.map(stampOf(held, isUrgent), (found) => found !== stamp)

/** Why the tree is not the one that the archive was made of, or will be; null: it is. */
export const stampProblem = (held: Held, id: string, archive: Archive) =>
  Effect.gen(function* () {
    const [claim] = yield* claimProblems(held, id, archive)
    if (claim !== undefined) return claim
    const stamp = subvolumeStampOf(archive)
    if (stamp !== null) return yield* subvolumeProblem(held, stamp)
    const isChanged = archive.tree === undefined || (yield* isChangedSince(held, archive.tree, true))
    return isChanged ? `${held.path} was changed since its archive was made` : null
  })

/** The problems of an archive that is not made yet. */
export const mirrorProblems = (app: App, id: string, archive: Archive) =>
  Effect.flatMap(holdHome(homeAt(app, archive.mirror ?? "")), (held) => treeProblems(held, id, archive)).pipe(
    Effect.scoped
  )

/** Cheap: whether the mirror is there, and is that of the snapshot. A disk that fails hides only what is on it. */
export const isMirrorThere = (app: App, id: string, archive: Archive) =>
  Effect.flatMap(holdHome(homeAt(app, archive.mirror ?? "")), (held) => claimProblems(held, id, archive)).pipe(
    Effect.scoped,
    Effect.map((problems) => problems.length === 0),
    Effect.orElseSucceed(() => false)
  )
