/** Another process for tests to kill: `worker.ts <what> <folder> <id>`, on the volumes of `threeVolumes(folder)`. */
import { writeSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { SnapshotStore } from "../../../src/snapshot/SnapshotStore.ts"
import { layer } from "../../../src/snapshot/TarSnapshots.ts"
import { makeApp, quiet, request, threeVolumes } from "../fixture.ts"
import { withSubvolumes } from "./btrfs.ts"

const [what = "", folder = "", id = ""] = process.argv.slice(2)
const app = withSubvolumes(makeApp(join(folder, "root/notes")))
const volumes = threeVolumes(folder)

const work = Effect.gen(function* () {
  const store = yield* SnapshotStore
  writeSync(1, "ready\n")
  if (what === "take") {
    yield* store.refresh(app, volumes)
    yield* store.capture(app, request(id, volumes))
  }
  if (what === "archive") yield* store.archive(app, id)
  if (what === "restore") {
    yield* store.stage(app, { id, attempt: id, volumes })
    yield* store.swap(app, { ...quiet, id, attempt: id, volumes })
  }
  if (what === "remove") yield* store.removeAside(app, id, volumes)
  writeSync(1, "done\n")
})

await Effect.runPromise(Effect.provide(work, layer))
