/**
 * Adapter: snapshots as folders of plain tar archives under the app's folder (docs/on-disk.md), and mirrors, of which an
 * archive is made later. Each method is implemented in the file of its phase. Here errors get the name of the app and the
 * operation.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { App, EffectiveApp, Volume } from "../domain/App.ts"
import type { Priority } from "../process/priority.ts"
import { capture } from "./Capture.ts"
import { removeAside, unstage } from "./Clearing.ts"
import { archiveAll } from "./mirror/Archiving.ts"
import { isOfMirror } from "./mirror/Check.ts"
import { enginesOf } from "./mirror/Choosing.ts"
import { mirrorsNow } from "./mirror/Now.ts"
import { refreshAll, removeMirrors } from "./mirror/Refresh.ts"
import { onFilesystemOf } from "./OnDisk.ts"
import { prepare } from "./Preflight.ts"
import { envFileOf, operatorFilesOf, seal, verify } from "./Seal.ts"
import { makeShared } from "./Shared.ts"
import { current, published, remove } from "./Shelf.ts"
import {
  type Prepared,
  type SnapshotDamaged,
  type SnapshotMeta,
  type SnapshotMissing,
  SnapshotStore
} from "./SnapshotStore.ts"
import { stage } from "./Staging.ts"
import { swap } from "./Swap.ts"
import { failedAs, type SnapshotTrouble } from "./Trouble.ts"

export const layer = Layer.sync(SnapshotStore, () => {
  /** What was measured last in this process, by app and volume. */
  const measured = new Map<string, Prepared["volumes"][number]>()
  const keyOf = (app: App, name: string) => `${app.dir}\0${name}`
  const sizesOf = (app: App) => (volume: string) => measured.get(keyOf(app, volume))?.size ?? null
  const { share, stop } = makeShared<SnapshotMeta, SnapshotDamaged | SnapshotMissing | SnapshotTrouble>()
  const archiveMirrors = (app: App, id: string, priority: Priority) =>
    share(keyOf(app, `${id}\0mirrors`), archiveAll(app, id, priority, isOfMirror), priority === "normal")
  // First those that a restore waits for.
  const archive = (app: App, id: string, priority: Priority = "low") =>
    Effect.andThen(
      archiveMirrors(app, id, priority),
      share(keyOf(app, id), archiveAll(app, id, priority), priority === "normal")
    )
  const measure = (app: EffectiveApp, volumes: ReadonlyArray<Volume>) =>
    Effect.tap(prepare(app, volumes), (prepared) =>
      Effect.sync(() => {
        for (const volume of prepared.volumes) measured.set(keyOf(app, volume.name), volume)
      })
    )
  return SnapshotStore.of({
    prepare: Effect.fn("SnapshotStore.prepare")((app, volumes) => measure(app, volumes).pipe(failedAs(app, "prepare"))),
    capture: Effect.fn("SnapshotStore.capture")((app, request) =>
      capture(app, request, (volume) => measured.get(keyOf(app, volume))?.bytes ?? 0).pipe(failedAs(app, "snapshot"))
    ),
    engines: Effect.fn("SnapshotStore.engines")((app, volumes) =>
      enginesOf(app, volumes, sizesOf(app)).pipe(failedAs(app, "prepare"))
    ),
    refresh: Effect.fn("SnapshotStore.refresh")((app, volumes, when) => {
      const means = { archive: (id: string) => archive(app, id), prepare: measure(app, volumes), sizeOf: sizesOf(app) }
      return refreshAll(app, volumes, means, when)
    }),
    mirrors: Effect.fn("SnapshotStore.mirrors")((app, volumes) =>
      mirrorsNow(app, volumes, sizesOf(app)).pipe(failedAs(app, "list"))
    ),
    archive: Effect.fn("SnapshotStore.archive")((app, id) => archive(app, id).pipe(failedAs(app, "seal"))),
    seal: Effect.fn("SnapshotStore.seal")((app, id) =>
      Effect.andThen(archive(app, id), seal(app, id)).pipe(failedAs(app, "seal"))
    ),
    verify: Effect.fn("SnapshotStore.verify")((app, id) => verify(app, id).pipe(failedAs(app, "verify"))),
    stage: Effect.fn("SnapshotStore.stage")((app, request) =>
      stage(app, request, {
        make: archive(app, request.id, "normal").pipe(failedAs(app, "seal")),
        makeNeeded: archiveMirrors(app, request.id, "normal").pipe(failedAs(app, "seal")),
        stop: stop(keyOf(app, request.id))
      }).pipe(failedAs(app, "stage"))
    ),
    swap: Effect.fn("SnapshotStore.swap")((app, request) => swap(app, request).pipe(failedAs(app, "restore"))),
    unstage: Effect.fn("SnapshotStore.unstage")((app, attempt, volumes) =>
      unstage(app, attempt, volumes).pipe(failedAs(app, "unstage"))
    ),
    list: Effect.fn("SnapshotStore.list")((app) =>
      published(app).pipe(
        Effect.map((all) =>
          all.map(({ meta }) => ({
            ...meta,
            bytes: Object.values(meta.archives).reduce((sum, archive) => sum + archive.bytes, 0)
          }))
        ),
        failedAs(app, "list")
      )
    ),
    envFile: Effect.fn("SnapshotStore.envFile")((app, id) => envFileOf(app, id).pipe(failedAs(app, "read"))),
    operatorFiles: Effect.fn("SnapshotStore.operatorFiles")((app, id) =>
      operatorFilesOf(app, id).pipe(failedAs(app, "read"))
    ),
    current: Effect.fn("SnapshotStore.current")((app) => current(app).pipe(failedAs(app, "list"))),
    onFilesystemOf: Effect.fn("SnapshotStore.onFilesystemOf")((app, path, others) =>
      onFilesystemOf(app, path, others).pipe(failedAs(app, "measure"))
    ),
    remove: Effect.fn("SnapshotStore.remove")((app, id) => remove(app, id).pipe(failedAs(app, "remove"))),
    removeMirrors: Effect.fn("SnapshotStore.removeMirrors")((app, volumes) =>
      removeMirrors(app, volumes).pipe(failedAs(app, "remove"))
    ),
    removeAside: Effect.fn("SnapshotStore.removeAside")((app, attempt, volumes) =>
      removeAside(app, attempt, volumes).pipe(failedAs(app, "remove"))
    )
  })
})
