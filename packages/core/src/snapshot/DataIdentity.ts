/**
 * Port: recognizes whether a volume has the data that lastgood left in it (LAW-15).
 *
 * Contract:
 * - `look` changes nothing and works while the app runs. A missing folder is an answer, not an error.
 * - `mark` writes the mark of an attempt beside the data of each volume, durably. The mark moves with the data to
 *   another disk, and is removed by `docker volume rm`. If nothing can be beside the data (its folder is a mount point,
 *   or the parent is not writable), the mark is under lastgood's root.
 * - A mark that cannot be written is removed: no mark is better than one of another attempt.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { App, Volume } from "../domain/App.ts"
import type { DataMark, SeenVolume } from "../domain/World.ts"
import type { SnapshotFailed } from "./SnapshotStore.ts"

export interface Overlap {
  readonly path: string
  /** Where that path is, seen from the folder. */
  readonly where: "same" | "around" | "inside"
}

export class DataIdentity extends Context.Service<
  DataIdentity,
  {
    /** In the order of `volumes`. Fails if a volume may not be read. */
    readonly look: (
      app: App,
      volumes: ReadonlyArray<Volume>
    ) => Effect.Effect<ReadonlyArray<SeenVolume>, SnapshotFailed>
    /** Of some paths: those that are the volume's folder, or lie around or inside of it, by whatever links and mounts. */
    readonly overlaps: (volume: Volume, paths: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<Overlap>>
    /** How much a volume holds, for people. Counted only so far, because it may be a whole disk. */
    readonly sizeText: (volume: Volume) => Effect.Effect<string>
    /** Fails only if a mark of another attempt can be neither replaced nor removed. */
    readonly mark: (app: App, volumes: ReadonlyArray<Volume>, mark: DataMark) => Effect.Effect<void, SnapshotFailed>
  }
>()("lastgood/snapshot/DataIdentity") {}
