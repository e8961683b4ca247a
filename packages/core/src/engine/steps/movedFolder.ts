/**
 * Refuses a restore into a project whose folder has moved. A snapshot knows a data folder by its path: it would be restored
 * at the old path, and the app would start on an empty folder at the new one (LAW-15).
 */
import * as Effect from "effect/Effect"
import { isAmong, isIn } from "../../domain/folders.ts"
import { SnapshotFailed, SnapshotStore } from "../../snapshot/SnapshotStore.ts"
import { releaseBack } from "./imagesBack.ts"
import type { Work } from "./Work.ts"

export interface MovedFolder {
  /** The data folder as the snapshot has it. */
  readonly from: string
  /** The data folder that the version mounts now. */
  readonly to: string
  /** The project's folder at the time of the snapshot. */
  readonly home: string
}

/**
 * @param home the project's folder now.
 * @param mounted the data folders that the version mounts.
 * @param archived the volumes and data folders that the snapshot contains.
 * @returns the first data folder of the project that the snapshot has only at another path; null: none.
 */
export const movedFolder = (
  home: string,
  mounted: ReadonlyArray<string>,
  archived: ReadonlyArray<string>
): MovedFolder | null => {
  for (const to of mounted) {
    if (to === home || !isIn(to, home) || archived.includes(to)) continue
    const within = to.slice(home.length)
    const from = archived.find((path) => path.endsWith(within) && !isIn(path, home) && !mounted.includes(path))
    if (from !== undefined) return { from, to, home: from.slice(0, -within.length) || "/" }
  }
  return null
}

/** The data folders of the version that the restore starts; empty if it cannot be read: then its deploy fails as well. */
const mountedBy = (work: Work) =>
  Effect.gen(function* () {
    const release = yield* releaseBack(work)
    if (release === null || work.runtime.folders === undefined) return []
    return (yield* work.runtime.folders(work.app, release)).data
  }).pipe(Effect.orElseSucceed((): ReadonlyArray<string> => []))

/** Fails if a data folder of the project is in the snapshot at another path. @param id of the snapshot. */
export const assertInPlace = Effect.fnUntraced(function* (work: Work, id: string) {
  const { app, state } = work
  if (app.folder === null) return
  const meta = (yield* (yield* SnapshotStore).list(app)).find((one) => one.id === id)
  const external = state.snapshots.find((one) => one.id === id)?.external ?? []
  const mounted = (yield* mountedBy(work)).filter((path) => !isAmong(external, path))
  const moved = movedFolder(app.folder, mounted, meta?.volumes ?? [])
  if (moved === null) return
  return yield* new SnapshotFailed({
    app: app.name,
    operation: "restore",
    reason: `snapshot ${id} has the data folder ${moved.from}, and the app mounts ${moved.to}, which the snapshot does not contain`,
    next: `move the project's folder back to ${moved.home}, set folder: ${moved.home} in lastgood.yaml, then restore again`
  })
})
