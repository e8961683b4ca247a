/** The archives of a snapshot, for reading names and files out of it. */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type { App } from "../domain/App.ts"
import { indexOf } from "./Index.ts"
import type { IndexedArchive } from "./Members.ts"
import { openSnapshot } from "./Opening.ts"
import { failedAs } from "./Trouble.ts"

export interface ReadableVolume extends IndexedArchive {
  readonly name: string
  /** What the recipe calls the volume. */
  readonly key: string
}

/** The volumes of a snapshot, with the paths of their archives and indexes. */
export const volumesIn = Effect.fn("Snapshot.volumesIn")(function* (app: App, id: string) {
  const { folder, meta } = yield* openSnapshot(app, id).pipe(failedAs(app, "read"))
  return Object.entries(meta.archives).map(
    ([name, { bytes, crc, file, key }]): ReadableVolume => ({
      ...{ name, key, bytes, crc },
      path: join(folder, file),
      index: indexOf(app, id, name)
    })
  )
})
