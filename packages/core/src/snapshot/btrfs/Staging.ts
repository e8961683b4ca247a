/** Staged trees that are subvolumes, so that the folder of a volume is still one after a restore. */
import * as fs from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { rename } from "../../disk/Durable.ts"
import { io } from "../../disk/io.ts"
import { volumeText } from "../../domain/folders.ts"
import { isOnBtrfs, isSubvolume } from "../../removal/Subvolume.ts"
import type { Folder } from "../Folder.ts"
import { assertIs, type Held, holdIn, makeOwn } from "../Held.ts"
import { recordGeneration } from "./Stamp.ts"
import { createIn, snapshotInto, subvolumeOf } from "./Subvolume.ts"

const unpacking = "unpacking"

/**
 * Stages a writable snapshot of a read-only one, which stays as it is.
 *
 * @param home of the mirror.
 * @param tree the verified snapshot in it.
 * @param staged the folder for the staged tree.
 */
export const stageSnapshot = (home: Held, tree: Held, staged: Held) =>
  Effect.gen(function* () {
    yield* snapshotInto(tree, staged, unpacking, "writable")
    const made = yield* holdIn(staged, unpacking)
    const [source, copy] = yield* Effect.all([subvolumeOf(tree), subvolumeOf(made)], { concurrency: 2 })
    // Both have the generation of the snapshot, unless one was changed since.
    if (source.generation === copy.generation) yield* recordGeneration(home, source)
    yield* rename(join(staged.at, unpacking), join(staged.at, "tree"))
    yield* assertIs(made, join(staged.at, "tree"))
  })

/**
 * Makes the folder that an archive is unpacked into.
 *
 * @param folder of the volume. If it is a subvolume, the new one is too.
 * @param toSubvolume also if the volume's folder is an ordinary one.
 */
export const makeUnpacking = (folder: Folder, staged: Held, toSubvolume: boolean) =>
  Effect.gen(function* () {
    const isMovable = folder.file === null && !folder.isMount
    if (isMovable && (toSubvolume || (yield* isSubvolume(folder))) && (yield* isOnBtrfs(staged))) {
      yield* makeSubvolume(staged).pipe(
        Effect.catch(({ message }) =>
          Effect.logWarning(`${volumeText(folder.volume.name)} is restored into an ordinary folder: ${message}`)
        )
      )
    }
    return yield* makeOwn(staged, [unpacking])
  })

const makeSubvolume = (staged: Held) =>
  Effect.gen(function* () {
    yield* createIn(staged, unpacking)
    yield* io("set mode of", join(staged.path, unpacking), () => fs.chmod(join(staged.at, unpacking), 0o700))
  })
