/**
 * Subvolumes of btrfs, by the program `btrfs`. It gets the names of held folders, so that it acts on these very folders
 * (LAW-13). Deleting names the subvolume by its id instead, because the program resolves a path before it uses it.
 */
import * as fs from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { io } from "../../disk/io.ts"
import { run } from "../../process/Tool.ts"
import type { Held } from "../Held.ts"
import { SnapshotRefusal } from "../Trouble.ts"

/** Of statfs(2). */
const btrfs = 0x9123683e

/** The root folder of every subvolume has this inode. */
export const rootInode = 256n

export const isOnBtrfs = ({ at, path }: Pick<Held, "at" | "path">) =>
  Effect.map(
    io("look at", path, () => fs.statfs(at)),
    ({ type }) => Number(type) === btrfs
  )

/** Whether the folder is the root of a subvolume. */
export const isSubvolume = (held: Pick<Held, "at" | "ino" | "path">) =>
  held.ino === rootInode ? isOnBtrfs(held) : Effect.succeed(false)

export interface Subvolume {
  readonly uuid: string
  /** Grows with each change, but also when `btrfs balance` moves blocks. */
  readonly generation: string
  readonly isReadOnly: boolean
}

const idOf = ({ at }: Pick<Held, "at">) =>
  Effect.map(run("btrfs", ["inspect-internal", "rootid", at]), ({ stdout }) => stdout.trim())

const field = (shown: string, name: string): string | undefined =>
  new RegExp(`^\\t${name}:[ \\t]+(.*?)[ \\t]*$`, "m").exec(shown)?.[1]

export const subvolumeOf = (held: Held) =>
  Effect.gen(function* () {
    const { stdout } = yield* run("btrfs", ["subvolume", "show", "--rootid", yield* idOf(held), held.at])
    const uuid = field(stdout, "UUID")
    const generation = field(stdout, "Generation")
    if (uuid === undefined || generation === undefined) {
      return yield* new SnapshotRefusal({
        reason: `${held.path}: expected the description of a subvolume, found ${JSON.stringify(stdout.slice(0, 200))}`,
        next: "check `btrfs --version`: expected 5.7 or later"
      })
    }
    const isReadOnly = field(stdout, "Flags") === "readonly"
    return { uuid, generation, isReadOnly } satisfies Subvolume
  })

/** Of the subvolumes inside this one, which no snapshot of it contains, the first; null: there are none. */
export const firstInside = (held: Pick<Held, "at">) =>
  Effect.map(run("btrfs", ["subvolume", "list", "-o", held.at]), ({ stdout }) =>
    stdout === "" ? null : (/ path (.*)/.exec(stdout)?.[1] ?? stdout.trim())
  )

/** Makes a snapshot. It has everything that was written to the source before, and is on disk: btrfs commits it. */
export const snapshotInto = (source: Pick<Held, "at">, into: Held, name: string, access: "read-only" | "writable") =>
  run("btrfs", ["subvolume", "snapshot", ...(access === "read-only" ? ["-r"] : []), source.at, join(into.at, name)])

export const createIn = (into: Held, name: string) => run("btrfs", ["subvolume", "create", join(into.at, name)])

/**
 * Deletes a subvolume, also a read-only one. Fails if another one is inside. Of an ordinary folder, the id would be that of
 * the subvolume around it.
 */
export const deleteSubvolume = (held: Pick<Held, "at" | "ino" | "path">) =>
  Effect.gen(function* () {
    if (!(yield* isSubvolume(held))) {
      return yield* new SnapshotRefusal({
        reason: `${held.path}: expected a subvolume to delete, found a folder`,
        next: "report this as a bug of lastgood; nothing was deleted"
      })
    }
    yield* run("btrfs", ["subvolume", "delete", "--subvolid", yield* idOf(held), held.at])
  })
