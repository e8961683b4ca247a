import * as fs from "node:fs"
import { join } from "node:path"
import type { EffectiveApp } from "@lastgood/core/domain/App"
import { archiveFile, fileNameOf } from "@lastgood/core/snapshot/Layout"
import { SnapshotStore } from "@lastgood/core/snapshot/SnapshotStore"
import { layer } from "@lastgood/core/snapshot/TarSnapshots"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { withMirrors } from "../../packages/core/test/snapshot/fixture.ts"
import { suite } from "./SnapshotSuite.ts"

/** As an attempt uses the store: each capture comes after a refresh. */
const prepared = Layer.effect(
  SnapshotStore,
  Effect.map(SnapshotStore, (store) =>
    SnapshotStore.of({
      ...store,
      prepare: (app, volumes) => store.prepare(withMirrors(app), volumes),
      capture: (app, request) =>
        Effect.gen(function* () {
          const done = yield* store.list(app)
          if (!done.some(({ id }) => id === request.id)) yield* store.refresh(withMirrors(app), request.volumes)
          return yield* store.capture(withMirrors(app), request)
        })
    })
  )
).pipe(Layer.provide(layer))

/** The tree is the snapshot until the archive is made of it. */
const contentOf = (app: EffectiveApp, id: string, volume: string): string => {
  const archive = join(app.dir, "snapshots", id, archiveFile(volume))
  return fs.existsSync(archive) ? archive : join(app.dir, "mirror", fileNameOf(volume), "tree/marker")
}

suite("TarSnapshots with mirrors", prepared, {
  damage: (app, id, volume, how) => {
    const file = contentOf(app, id, volume)
    const bytes = fs.readFileSync(file)
    const at = bytes.length >> 1
    bytes[at] = (bytes[at] ?? 0) ^ 1
    fs.writeFileSync(file, how === "flip" ? bytes : bytes.subarray(0, at))
  }
})
