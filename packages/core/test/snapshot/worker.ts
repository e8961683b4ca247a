/**
 * Another process for tests to kill: `worker.ts <what> <folder> <id>`. Its app and volumes are those of the test that
 * starts it. It says "ready" before it begins, so that the kill hits the work and not the start of the runtime.
 */
import { writeSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { SnapshotStore } from "../../src/snapshot/SnapshotStore.ts"
import { layer } from "../../src/snapshot/TarSnapshots.ts"
import { makeApp, quiet, request, threeVolumes, withMirrors } from "./fixture.ts"

const [what = "", folder = "", id = ""] = process.argv.slice(2)
const app = makeApp(join(folder, "root/notes"))
const volumes = threeVolumes(folder)
const mirrored = withMirrors(app)

const work = Effect.gen(function* () {
  const store = yield* SnapshotStore
  writeSync(1, "ready\n")
  if (what === "capture") yield* store.capture(app, request(id, volumes))
  if (what === "stage") yield* store.stage(app, { id: "s1", attempt: id, volumes })
  if (what === "refresh") yield* store.refresh(mirrored, volumes)
  if (what === "captureByMirror") yield* store.capture(mirrored, request(id, volumes))
  if (what === "archive") yield* store.archive(mirrored, id)
  if (what === "stageMirror") yield* store.stage(app, { id, attempt: id, volumes })
  if (what === "swap") yield* store.swap(app, { ...quiet, id: "s1", attempt: id, volumes })
  writeSync(1, "done\n")
})

await Effect.runPromise(Effect.provide(work, layer))
