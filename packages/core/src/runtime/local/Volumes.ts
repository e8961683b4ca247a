/** The volumes of the local runtime: folders `<app>/volumes/<name>`. */
import { mkdir } from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { atOnceIfLocal } from "../../disk/Files.ts"
import { kindAt } from "../../disk/kindAt.ts"
import type { App, Volume } from "../../domain/App.ts"
import { messageOf } from "../../domain/messageOf.ts"
import { removeUnmarked } from "../../removal/removeTree.ts"
import { RuntimeFailed } from "../Runtime.ts"

export const volumeFolder = (app: App, name: string): string => join(app.dir, "volumes", name)

/** A name that cannot lead out of the folder of volumes (LAW-13). */
export const isVolumeName = (name: string): boolean => /^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name)

const volumeOf = (app: App, name: string): Volume => ({
  kind: "volume",
  name,
  key: name,
  path: volumeFolder(app, name),
  driver: "local",
  options: {},
  labels: {},
  created: null
})

/** The kind of the file at a volume's path. A link is `other`: its target is not the volume (LAW-13). */
export const kindOf = (app: App, name: string): Effect.Effect<"folder" | "other" | "nothing"> =>
  Effect.map(kindAt(volumeFolder(app, name)), (kind) =>
    kind === null ? "nothing" : kind === "folder" ? "folder" : "other"
  )

/** The existing volumes. */
export const existing = (app: App): Effect.Effect<ReadonlyArray<Volume>> =>
  Effect.filter(
    app.volumes.map((name) => volumeOf(app, name)),
    ({ name, path }) => Effect.map(atOnceIfLocal(path)(kindOf(app, name)), (kind) => kind === "folder")
  )

/** Deletes the folder. GNU rm follows no link, and crosses into no other mount (LAW-13). */
export const remove = Effect.fn("Local.removeVolume")(function* (app: App, name: string) {
  const path = volumeFolder(app, name)
  const failed = (reason: string, next: string) =>
    new RuntimeFailed({ app: app.name, operation: `delete volume ${name}`, reason, next })
  if (!isVolumeName(name) || (yield* kindOf(app, name)) === "other") {
    return yield* failed(`expected a folder at ${path}, found something else`, `delete ${path} yourself`)
  }
  yield* removeUnmarked(path).pipe(Effect.mapError((error) => failed(error.message, `delete ${path} yourself`)))
})

/** Makes the folder. An existing one is not changed. */
export const create = Effect.fn("Local.createVolume")(function* (app: App, name: string) {
  const failed = (reason: string, next: string) =>
    new RuntimeFailed({ app: app.name, operation: `make volume ${name}`, reason, next })
  if (!isVolumeName(name)) {
    return yield* failed(
      `${JSON.stringify(name)} is not a valid volume name: use letters, digits, "_", "." or "-"`,
      "rename it in `volumes` of the app"
    )
  }
  if ((yield* kindOf(app, name)) === "other") {
    return yield* failed(
      `expected a folder at ${volumeFolder(app, name)}, found a link or a file`,
      "replace it with a folder (move or mount the data there)"
    )
  }
  yield* Effect.tryPromise({
    try: () => mkdir(volumeFolder(app, name), { recursive: true, mode: 0o700 }),
    catch: (cause) => failed(messageOf(cause), "free some space, or make the root writable")
  })
  return volumeOf(app, name)
})
