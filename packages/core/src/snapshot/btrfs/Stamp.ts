/**
 * What identifies the snapshot of a subvolume: its UUID, that it is read-only, and its generation, which grows when
 * something in it changes. It takes the place of the manifest's checksum, and of the stamp of a mirror's tree, in
 * `meta.json`: no walk is needed. A restore grows the generation too, by the snapshot that it makes of this one, and records
 * that. `btrfs balance` moves blocks, and grows it as well. Then no change time in the snapshot may be later than the
 * snapshot's own time.
 */
import * as fs from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { writeFileDurably } from "../../disk/Durable.ts"
import { io } from "../../disk/io.ts"
import { syncFilesystem } from "../../process/syncFilesystem.ts"
import { run } from "../../process/Tool.ts"
import { isSubvolume } from "../../removal/Subvolume.ts"
import { type Held, holdTree } from "../Held.ts"
import { type Subvolume, subvolumeOf } from "./Subvolume.ts"

const shape = /^btrfs:([0-9a-f-]{36}):(\d+):(\d+)$/

/** Whether a manifest's or a tree's checksum is that of a subvolume's snapshot instead. */
export const isSubvolumeStamp = (stamp: string): boolean => stamp.startsWith("btrfs:")

/** @param atNs when the snapshot was made, in nanoseconds of the filesystem's own clock. */
export const stampOfSubvolume = ({ generation, uuid }: Subvolume, atNs: bigint): string =>
  `btrfs:${uuid}:${generation}:${atNs}`

/** Why the tree of a mirror is not the snapshot that the stamp is of; null: it is. */
export const subvolumeProblem = (home: Held, stamp: string) =>
  Effect.gen(function* () {
    const [, uuid, generation, atNs = ""] = shape.exec(stamp) ?? []
    const tree = yield* holdTree(home)
    if (!(yield* isSubvolume(tree))) return `${tree.path}: expected a snapshot of a subvolume, found a folder`
    // What was written to it since may still be in memory, and grow the generation later.
    yield* syncFilesystem(tree.at)
    const found = yield* subvolumeOf(tree)
    if (found.uuid !== uuid) return `${tree.path}: expected the subvolume ${uuid}, found ${found.uuid}`
    if (!found.isReadOnly) return `${tree.path}: expected a read-only subvolume, found a writable one`
    if (found.generation === generation || (yield* recordedIn(home)) === recordOf(found)) return null
    const later = yield* firstChangedAfter(tree, atNs)
    return later === null ? null : `${tree.path}: changed after it was captured: ${later}`
  }).pipe(Effect.scoped)

const recordName = "generation"
const recordOf = ({ generation, uuid }: Subvolume): string => `${uuid} ${generation}`

/** Records that the snapshot has this generation, and is still what was captured. Without a record, the change times tell. */
export const recordGeneration = (home: Held, taken: Subvolume) =>
  Effect.ignore(writeFileDurably(join(home.at, recordName), recordOf(taken)))

const recordedIn = (home: Held) =>
  io("read", join(home.path, recordName), () => fs.readFile(join(home.at, recordName), "utf8")).pipe(
    Effect.orElseSucceed(() => null)
  )

const firstChangedAfter = ({ at }: Held, atNs: string) => {
  const time = `@${atNs.slice(0, -9)}.${atNs.slice(-9)}`
  return Effect.map(run("find", [".", "-newerct", time, "-print", "-quit"], { cwd: at }), ({ stdout }) =>
    stdout === "" ? null : JSON.stringify(stdout.trim())
  )
}
