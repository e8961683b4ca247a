/** The volumes of the local runtime: folders of lastgood's own, `<app>/volumes/<name>`. */
import { lstat, mkdir } from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type { App, Volume } from "../../domain/App.ts"
import { RuntimeFailed } from "../Runtime.ts"

export const volumeFolder = (app: App, name: string): string => join(app.dir, "volumes", name)

const volumeOf = (app: App, name: string): Volume => ({
  name,
  key: name,
  path: volumeFolder(app, name),
  driver: "local",
  options: {},
  labels: {}
})

const isFolder = (path: string): Effect.Effect<boolean> =>
  Effect.promise(() =>
    lstat(path).then(
      (found) => found.isDirectory(),
      () => false
    )
  )

/** Those that exist. A link in a volume's place is none: what it points to is not ours (LAW-13). */
export const existing = (app: App): Effect.Effect<ReadonlyArray<Volume>> =>
  Effect.filter(
    app.volumes.map((name) => volumeOf(app, name)),
    (volume) => isFolder(volume.path)
  )

export const create = (app: App, name: string): Effect.Effect<Volume, RuntimeFailed> =>
  Effect.tryPromise({
    try: () => mkdir(volumeFolder(app, name), { recursive: true, mode: 0o700 }),
    catch: (cause) =>
      new RuntimeFailed({
        app: app.name,
        operation: "make volume",
        reason: cause instanceof Error ? cause.message : String(cause),
        next: "make room, or make the root writable"
      })
  }).pipe(Effect.as(volumeOf(app, name)))
