/** The contract of `SnapshotStore` where the folders of volumes are subvolumes, which are captured by btrfs snapshots. */
import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import { join } from "node:path"
import type { EffectiveApp } from "@lastgood/core/domain/App"
import { archiveFile, fileNameOf } from "@lastgood/core/snapshot/Layout"
import { SnapshotStore } from "@lastgood/core/snapshot/SnapshotStore"
import { layer } from "@lastgood/core/snapshot/TarSnapshots"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { makeSubvolume, withSubvolumes } from "../../packages/core/test/snapshot/btrfs/btrfs.ts"
import { filesystem, missingFor } from "../../packages/core/test/snapshot/mirror/mirror.ts"
import { describeNeeding } from "../needing.ts"
import { suite } from "./SnapshotSuite.ts"

/** As an attempt uses the store: each capture comes after the data is measured, and after a refresh. */
const prepared = Layer.effect(
  SnapshotStore,
  Effect.map(SnapshotStore, (store) =>
    SnapshotStore.of({
      ...store,
      prepare: (app, volumes) => store.prepare(withSubvolumes(app), volumes),
      capture: (app, request) =>
        Effect.gen(function* () {
          const done = yield* store.list(app)
          if (!done.some(({ id }) => id === request.id)) {
            yield* Effect.ignore(store.prepare(withSubvolumes(app), request.volumes))
            yield* store.refresh(withSubvolumes(app), request.volumes)
          }
          return yield* store.capture(withSubvolumes(app), request)
        })
    })
  )
).pipe(Layer.provide(layer))

const damage = (app: EffectiveApp, id: string, volume: string, how: "flip" | "cut") => {
  const archive = join(app.dir, "snapshots", id, archiveFile(volume))
  const tree = join(app.dir, "mirror", fileNameOf(volume), "tree")
  const isSealed = fs.existsSync(archive)
  const file = isSealed ? archive : join(tree, "marker")
  const setReadOnly = (to: boolean) => {
    if (!isSealed) execFileSync("btrfs", ["property", "set", tree, "ro", `${to}`])
  }
  const bytes = fs.readFileSync(file)
  const at = bytes.length >> 1
  bytes[at] = (bytes[at] ?? 0) ^ 1
  setReadOnly(false)
  fs.writeFileSync(file, how === "flip" ? bytes : bytes.subarray(0, at))
  setReadOnly(true)
}

describeNeeding("LASTGOOD_TEST_LOOP", missingFor("btrfs") || null, "on btrfs,", () => {
  suite("TarSnapshots with subvolumes", prepared, { damage, folder: filesystem("btrfs"), makeFolder: makeSubvolume })
})
