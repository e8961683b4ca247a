/** Subvolumes of btrfs: which folder is one, and how it is deleted. */
import * as fs from "node:fs/promises"
import * as Effect from "effect/Effect"
import { io } from "../disk/io.ts"
import { syncFilesystem } from "../process/syncFilesystem.ts"
import { run } from "../process/Tool.ts"
import { CannotRemove } from "./CannotRemove.ts"

/** A folder that is held open. */
export interface Opened {
  /** For people. */
  readonly path: string
  /** For operations: names this very folder (LAW-13). */
  readonly at: string
  readonly ino: bigint
}

/** Of statfs(2). */
const btrfs = 0x9123683e

/** The root folder of every subvolume has this inode. */
export const rootInode = 256n

export const isOnBtrfs = ({ at, path }: Pick<Opened, "at" | "path">) =>
  Effect.map(
    io("look at", path, () => fs.statfs(at)),
    ({ type }) => Number(type) === btrfs
  )

/** Whether the folder is the root of a subvolume. */
export const isSubvolume = (opened: Opened) => (opened.ino === rootInode ? isOnBtrfs(opened) : Effect.succeed(false))

/** Of an ordinary folder, it is that of the subvolume around it. */
export const idOf = ({ at }: Pick<Opened, "at">) =>
  Effect.map(run("btrfs", ["inspect-internal", "rootid", at]), ({ stdout }) => stdout.trim())

/**
 * Deletes a subvolume, also a read-only one. Fails if another one is inside. Names it by its id, because `btrfs` resolves a
 * path before it uses it.
 */
export const deleteSubvolume = (opened: Opened) =>
  Effect.gen(function* () {
    if (!(yield* isSubvolume(opened))) {
      return yield* new CannotRemove({
        reason: `${opened.path}: expected a subvolume to delete, found a folder`,
        next: "report this as a bug of lastgood; nothing was deleted"
      })
    }
    yield* run("btrfs", ["subvolume", "delete", "--subvolid", yield* idOf(opened), opened.at])
  })

/**
 * Also subvolumes that other programs delete meanwhile are waited for, and one in which a file is open stays until that
 * is closed. So there is a limit, below the default of `deadlines.stall`, because nothing seems to happen meanwhile.
 */
const longestDeletionMs = 5 * 60_000

/** Waits until the space of all deleted subvolumes is free, which btrfs does in the background. Fails if that takes long. */
export const awaitDeleted = ({ at }: Pick<Opened, "at">) =>
  Effect.andThen(run("btrfs", ["subvolume", "sync", at], { timeoutMs: longestDeletionMs }), syncFilesystem(at))
