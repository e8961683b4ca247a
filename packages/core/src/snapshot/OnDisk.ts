/** What of the app is on a filesystem, with its size: to say what frees space there. */
import * as Effect from "effect/Effect"
import { statOrNull } from "../disk/Durable.ts"
import { folderSize } from "../disk/folderSize.ts"
import type { App } from "../domain/App.ts"
import { snapshotsOf } from "./Layout.ts"
import { readMounts } from "./Mounts.ts"
import { nearest } from "./Room.ts"
import { published } from "./Shelf.ts"

/**
 * @param path on the filesystem.
 * @param others paths that may be on it.
 */
export const onFilesystemOf = (app: App, path: string, others: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const mounts = yield* readMounts
    const filesystemOf = (one: string) => Effect.map(nearest(one), mounts.filesystemOf)
    const filesystem = yield* filesystemOf(path)
    const isThere = (one: string) =>
      Effect.gen(function* () {
        return (yield* statOrNull(one)) !== null && (yield* filesystemOf(one)) === filesystem
      })
    const found = (yield* isThere(snapshotsOf(app))) ? yield* published(app) : []
    const snapshots = found.map(({ meta }) => ({
      id: meta.id,
      bytes: Object.values(meta.archives).reduce((sum, { bytes }) => sum + bytes, 0)
    }))
    const sized = yield* Effect.forEach(yield* Effect.filter(others, isThere), (one) =>
      Effect.map(folderSize(one), ({ bytes }) => ({ path: one, bytes }))
    )
    return { snapshots, others: sized }
  })
