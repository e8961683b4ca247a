/** What of the app is on a filesystem, with its size: to say what frees space there. */
import { dirname } from "node:path"
import * as Effect from "effect/Effect"
import { statOrNull } from "../disk/Durable.ts"
import { folderSize } from "../disk/folderSize.ts"
import type { IoFailed } from "../disk/io.ts"
import type { App } from "../domain/App.ts"
import { snapshotsOf } from "./Layout.ts"
import { published } from "./Shelf.ts"

/** The filesystem of a path, or of the nearest folder above it that exists. */
const deviceOf = (path: string): Effect.Effect<bigint, IoFailed> =>
  Effect.flatMap(statOrNull(path), (stat) => (stat === null ? deviceOf(dirname(path)) : Effect.succeed(stat.dev)))

/**
 * @param path on the filesystem.
 * @param others paths that may be on it.
 */
export const onFilesystemOf = (app: App, path: string, others: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const device = yield* deviceOf(path)
    const isThere = (one: string) => Effect.map(statOrNull(one), (stat) => stat?.dev === device)
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
