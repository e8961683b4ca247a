/**
 * What tells subvolumes apart. The root folder of each has the same inode, and that of a snapshot also the birth time of the
 * one that it was made of.
 */
import * as Effect from "effect/Effect"
import { run } from "../../process/Tool.ts"
import { isSubvolume } from "../../removal/Subvolume.ts"
import { fieldIn } from "./Subvolume.ts"

/**
 * @param path of a folder.
 * @param ino its inode.
 * @returns the UUID of the subvolume whose root it is; null: it is not one, or `btrfs` is not there to say.
 */
export const subvolumeUuid = (path: string, ino: bigint): Effect.Effect<string | null> =>
  Effect.gen(function* () {
    if (!(yield* isSubvolume({ at: path, path, ino }))) return null
    const { stdout } = yield* run("btrfs", ["subvolume", "show", path])
    return fieldIn(stdout, "UUID") ?? null
  }).pipe(Effect.orElseSucceed(() => null))
