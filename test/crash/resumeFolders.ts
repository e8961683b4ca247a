/** Runs on a machine whose disk is a crash image: the newest snapshot is whole, and the data returns to it. */
import { SnapshotStore } from "@lastgood/core/snapshot/SnapshotStore"
import { layer } from "@lastgood/core/snapshot/TarSnapshots"
import * as Effect from "effect/Effect"
import { folderWorld, good } from "./folderWorld.ts"

const [home = "", argument = "{}"] = process.argv.slice(2)
const { captured, round }: { readonly captured: boolean; readonly round: number } = JSON.parse(argument)
const { app, read, volumes } = folderWorld(home)

const problems = await Effect.runPromise(
  Effect.gen(function* () {
    const store = yield* SnapshotStore
    const current = yield* store.current(app)
    const allowed = captured ? [`s${round}`] : [`s${round - 1}`, `s${round}`]
    if (current === null || !allowed.includes(current)) return [`the newest snapshot is ${current}, not ${allowed}`]
    const found = [...(yield* store.verify(app, current)).problems]
    // As the engine does with the attempt of the round: between the two renames of a swap, the data is at neither place, and
    // what was swapped in before it is staged again.
    const begun = { id: `s${round}`, attempt: `a${round}`, volumes, stillQuiet: Effect.void }
    yield* Effect.ignore(Effect.andThen(store.stage(app, begun), store.swap(app, begun)))
    const attempt = "after"
    yield* store.stage(app, { id: current, attempt, volumes })
    yield* store.swap(app, { id: current, attempt, volumes, stillQuiet: Effect.void })
    const expected = good(Number(current.slice(1)))
    const held = read()
    if (held.some((text) => text !== expected)) found.push(`restored ${current}: ${JSON.stringify(held)}`)
    return found
  }).pipe(
    Effect.provide(layer),
    Effect.catch((error) => Effect.succeed([error.message]))
  )
)
process.stdout.write(JSON.stringify(problems))
