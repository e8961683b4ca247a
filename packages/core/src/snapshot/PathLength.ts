/**
 * Paths that are too long to restore. GNU tar archives a path of any length, with exit code 0, but cannot unpack it:
 * the snapshot would look good until it is needed. So paths are checked before the window, and again while tar writes.
 */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { forEachRecord } from "../disk/Records.ts"
import { scratchFolder } from "../disk/Scratch.ts"
import type { VolumeFilter } from "../domain/App.ts"
import { volumeText } from "../domain/folders.ts"
import { run } from "../process/Tool.ts"
import { keeps } from "./Filter.ts"
import { type Folder, pruneOwn } from "./Folder.ts"
import { SnapshotRefusal } from "./Trouble.ts"

/**
 * In bytes, below the volume's root. The kernel accepts 4095 at a time, and tar sets ACLs and xattrs through
 * `/proc/self/fd/<n>/./<path>`, which needs some of them.
 */
export const longestPath = 4060

/**
 * A path this long has at least this depth, since a name has at most 255 bytes. Paths of less depth are not checked.
 */
const depth = Math.ceil(longestPath / 256)

/** Fails when the volume has (and the filter keeps) a path that could not be unpacked. Reads folders, not inodes. */
export const assertPathsFit = (folder: Folder, filter: VolumeFilter) =>
  Effect.gen(function* () {
    if (folder.file !== null) return
    const list = join(yield* scratchFolder, "deep")
    const walk = [".", "-mindepth", `${depth}`, "-ignore_readdir_race", ...pruneOwn(folder), "-fprintf", list, "%P\\0"]
    yield* run("find", walk, { cwd: folder.at })
    let tooLong: Buffer | null = null
    yield* forEachRecord(list, 0, (path) => {
      if (path.length > longestPath && keeps(filter, path)) tooLong = Buffer.from(path)
    })
    if (tooLong !== null) return yield* refuseLength(folder, tooLong)
  }).pipe(Effect.scoped)

export const refuseLength = (folder: Folder, path: Buffer) =>
  new SnapshotRefusal({
    reason: `${volumeText(folder.volume.name)}: a path has ${path.length} bytes, expected at most ${longestPath} (it could not be unpacked again): ${JSON.stringify(path.toString("utf8", 0, 60))}…`,
    next: "shorten or remove it, or exclude the folder (then it is not kept)"
  })
