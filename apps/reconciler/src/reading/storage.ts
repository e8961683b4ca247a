/** What lastgood keeps on the disks for an app: snapshots, data that was set aside, releases, with their sizes. */
import { readdir } from "node:fs/promises"
import { join } from "node:path"
import { type FolderSize, folderSize } from "@lastgood/core/disk/folderSize"
import type { App } from "@lastgood/core/domain/App"
import { keptReleases } from "@lastgood/core/domain/retention"
import type { AppState } from "@lastgood/core/domain/State"
import * as Effect from "effect/Effect"

/** `isPartial`: there is more than was counted. */
export type StoredSize = Pick<FolderSize, "bytes" | "isPartial">

export interface StoredAside extends StoredSize {
  readonly attempt: string
  readonly at: string
  readonly until: string
  readonly tried: boolean
  readonly paths: ReadonlyArray<string>
}

export interface StoredRelease extends StoredSize {
  readonly commit: string
  readonly path: string
  /** Something needs it. */
  readonly isKept: boolean
}

export const sumOf = (sizes: ReadonlyArray<StoredSize>): StoredSize => ({
  bytes: sizes.reduce((sum, { bytes }) => sum + bytes, 0),
  isPartial: sizes.some(({ isPartial }) => isPartial)
})

export const storedAsides = Effect.fn("Reading.asides")(function* ({ aside }: AppState) {
  return yield* Effect.forEach(aside, ({ at, attempt, tried, until, volumes }) => {
    const paths = volumes.map(({ path }) => path)
    return Effect.map(
      Effect.forEach(paths, folderSize),
      (sizes): StoredAside => ({ ...sumOf(sizes), attempt, at, until, tried, paths })
    )
  })
})

/** @param without ids of snapshots that do not count: the releases of these alone are not kept. */
export const storedReleases = Effect.fn("Reading.releases")(function* (
  app: App,
  state: AppState,
  without: ReadonlyArray<string> = []
) {
  const root = join(app.dir, "releases")
  const names = yield* Effect.promise(() => readdir(root).catch(() => []))
  const snapshots = state.snapshots.filter(({ id }) => !without.includes(id))
  const kept = new Set(keptReleases({ ...state, snapshots }).map(({ commit }) => commit))
  return yield* Effect.forEach(
    names.filter((name) => !name.startsWith(".")),
    (commit) => {
      const path = join(root, commit)
      return Effect.map(
        folderSize(path),
        ({ bytes, isPartial }): StoredRelease => ({ commit, path, bytes, isPartial, isKept: kept.has(commit) })
      )
    }
  )
})
