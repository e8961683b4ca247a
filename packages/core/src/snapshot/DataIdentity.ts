/**
 * Port: what tells that a volume holds the data that lastgood left in it (LAW-15).
 *
 * Contract:
 * - `look` changes nothing and works while the app runs. A folder that is missing is an answer, not an error.
 * - `mark` writes the mark of an attempt beside the data of each volume, durably: it moves with the data to another disk,
 *   and goes with `docker volume rm`. Where nothing can lie beside the data (its folder is itself a mount point, or what it
 *   lies in cannot be written to) the mark lies under lastgood's root.
 * - A mark that cannot be written is removed: none is better than one of somebody else's attempt.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { App, Volume } from "../domain/App.ts"
import type { DataMark, SeenVolume } from "../domain/World.ts"
import type { SnapshotFailed } from "./SnapshotStore.ts"

export class DataIdentity extends Context.Service<
  DataIdentity,
  {
    /** In the order of `volumes`. Fails where a volume may not be looked at. */
    readonly look: (
      app: App,
      volumes: ReadonlyArray<Volume>
    ) => Effect.Effect<ReadonlyArray<SeenVolume>, SnapshotFailed>
    /** Fails only where a mark of another attempt can neither be replaced nor removed. */
    readonly mark: (app: App, volumes: ReadonlyArray<Volume>, mark: DataMark) => Effect.Effect<void, SnapshotFailed>
  }
>()("lastgood/snapshot/DataIdentity") {}
