/** One round on a machine: snapshots the data, damages it, and puts it back. Prints what is done. */
import { writeSync } from "node:fs"
import { SnapshotStore } from "@lastgood/core/snapshot/SnapshotStore"
import { layer } from "@lastgood/core/snapshot/TarSnapshots"
import * as Effect from "effect/Effect"
import { bad, folderWorld } from "./folderWorld.ts"

const [home = "", number = "0"] = process.argv.slice(2)
const round = Number(number)
const { app, volumes, write } = folderWorld(home)
const stillQuiet = Effect.void
const id = `s${round}`

await Effect.runPromise(
  Effect.gen(function* () {
    const store = yield* SnapshotStore
    const of = { version: `1.${round}.0`, commit: "c0ffee" }
    const ts = new Date(Date.UTC(2026, 0, 1, 0, round)).toISOString()
    yield* store.capture(app, { id, of, ts, envFile: null, volumes, stillQuiet })
    writeSync(1, "captured\n")
    write(bad(round))
    yield* store.stage(app, { id, attempt: `a${round}`, volumes })
    yield* store.swap(app, { id, attempt: `a${round}`, volumes, stillQuiet })
    yield* store.removeAside(app, `a${round}`, volumes)
  }).pipe(Effect.provide(layer))
)
