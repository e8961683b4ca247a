/** The archives of a snapshot, for reading names and files out of it. */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type { App } from "../domain/App.ts"
import { advise, nextText } from "../domain/Next.ts"
import { indexOf } from "./Index.ts"
import type { IndexedArchive } from "./Members.ts"
import { isUnsealed } from "./mirror/Home.ts"
import { openSnapshot } from "./Opening.ts"
import { failedAs, SnapshotRefusal } from "./Trouble.ts"

export interface ReadableVolume extends IndexedArchive {
  readonly name: string
  /** What the recipe calls the volume. */
  readonly key: string
}

const notSealed = (id: string) =>
  Effect.fail(
    new SnapshotRefusal({
      reason: `snapshot ${id} is not sealed yet: its archives are made after the app is up again`,
      next: nextText(
        null,
        advise`wait for the end of the attempt (\`${{ do: "Status", offline: false }}\`); the next upgrade seals it otherwise`
      )
    })
  )

/** The volumes of a snapshot, with the paths of their archives and indexes. */
export const volumesIn = Effect.fn("Snapshot.volumesIn")(function* (app: App, id: string) {
  const { folder, meta } = yield* Effect.tap(openSnapshot(app, id), ({ meta: opened }) =>
    isUnsealed(opened) ? notSealed(id) : Effect.void
  ).pipe(failedAs(app, "read"))
  return Object.entries(meta.archives).map(
    ([name, { bytes, crc, file, key }]): ReadableVolume => ({
      ...{ name, key, bytes, crc },
      path: join(folder, file),
      index: indexOf(app, id, name)
    })
  )
})
