/**
 * Snapshots of btrfs subvolumes, by the program `btrfs`. It gets the names of held folders, so that it acts on these very
 * folders (LAW-13).
 */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { run } from "../../process/Tool.ts"
import { idOf } from "../../removal/Subvolume.ts"
import type { Held } from "../Held.ts"
import { SnapshotRefusal } from "../Trouble.ts"

export interface Subvolume {
  readonly uuid: string
  /** Grows with each change, but also when `btrfs balance` moves blocks. */
  readonly generation: string
  readonly isReadOnly: boolean
}

/** A field of what `btrfs subvolume show` prints. */
export const fieldIn = (shown: string, name: string): string | undefined =>
  new RegExp(`^\\t${name}:[ \\t]+(.*?)[ \\t]*$`, "m").exec(shown)?.[1]

export const subvolumeOf = (held: Held) =>
  Effect.gen(function* () {
    const { stdout } = yield* run("btrfs", ["subvolume", "show", "--rootid", yield* idOf(held), held.at])
    const uuid = fieldIn(stdout, "UUID")
    const generation = fieldIn(stdout, "Generation")
    if (uuid === undefined || generation === undefined) {
      return yield* new SnapshotRefusal({
        reason: `${held.path}: expected the description of a subvolume, found ${JSON.stringify(stdout.slice(0, 200))}`,
        next: "check `btrfs --version`: expected 5.7 or later"
      })
    }
    const isReadOnly = fieldIn(stdout, "Flags") === "readonly"
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
