/** A process that is killed with SIGKILL at many moments of its work with subvolumes, and what the next one finds. */
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { layer } from "../../../src/snapshot/TarSnapshots.ts"
import { makeApp, threeVolumes, write } from "../fixture.ts"
import { killed, marked, toolsEnded } from "../killed.ts"
import { filesystem, missingFor } from "../mirror/mirror.ts"
import { isSubvolume, makeSubvolume, subvolumesAt, withSubvolumes } from "./btrfs.ts"

const worker = fileURLToPath(new URL("worker.ts", import.meta.url))

const scene = Effect.gen(function* () {
  const folder = yield* filesystem("btrfs")
  const app = withSubvolumes(makeApp(join(folder, "root/notes")))
  const volumes = threeVolumes(folder)
  const files = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`dir${i % 4}/file${i}`, "x".repeat(5000)]))
  for (const { path } of volumes) {
    makeSubvolume(path)
    write(path, files)
  }
  /** Kills in the middle of the work. @returns how many came before its end. */
  const killedIn = (
    what: string,
    ids: ReadonlyArray<string>,
    tookMs: number,
    each: (id: string) => Effect.Effect<void, unknown>
  ) =>
    Effect.gen(function* () {
      let hits = 0
      for (const [i, id] of ids.entries()) {
        const { done, pid } = yield* killed(what, folder, id, (tookMs * (i + 0.5)) / ids.length, worker)
        yield* toolsEnded(pid)
        if (!done) hits += 1
        yield* each(id)
      }
      return hits
    })
  return { folder, app, volumes, killedIn, ...(yield* marked(app, volumes)) }
}).pipe(Effect.provide(layer))

const three = (text: string) => [text, text, text]
const missing = missingFor("btrfs")
const patience = { timeout: 600_000 }

/** Verifies: LAW-4 */
describe(`kill -9, with subvolumes,${missing === "" ? "" : ` (${missing})`}`, () => {
  it.live.skipIf(missing !== "")(
    "during a refresh and a capture leaves the previous snapshot complete, and the next capture succeeds",
    () =>
      Effect.gen(function* () {
        const { app, folder, isWhole, killedIn, mark, markers, restore, store, take, volumes } = yield* scene
        mark("s0")
        yield* take("s0")
        const { tookMs } = yield* killed("take", folder, "s1", 60_000, worker)
        let last = "s1"
        mark("s1")
        const hits = yield* killedIn("take", ["k0", "k1", "k2", "k3", "k4"], tookMs, (id) =>
          Effect.gen(function* () {
            const current = yield* store.current(app)
            assert.include([last, id], current)
            yield* isWhole(last)
            yield* isWhole(current ?? "")
            yield* take(id)
            assert.strictEqual(yield* store.current(app), id)
            last = id
          })
        )
        assert.isAbove(hits, 0)
        mark("end")
        yield* take("end")
        mark("bad")
        yield* restore(last, "a0")
        assert.deepStrictEqual(markers(), three("s1"))
        yield* store.removeAside(app, "a0", volumes)
        yield* take("last")
        yield* restore("end", "a1")
        assert.deepStrictEqual(markers(), three("end"))
        yield* store.removeAside(app, "a1", volumes)
        // The volumes, and one snapshot of each.
        assert.strictEqual(subvolumesAt(folder), 6)
      }),
    patience
  )

  it.live.skipIf(missing !== "")(
    "while archives are made, and during a restore and the removal of what it set aside, keeps the snapshot whole",
    () =>
      Effect.gen(function* () {
        const { app, folder, isWhole, killedIn, mark, markers, restore, store, take, volumes } = yield* scene
        let hits = 0
        for (const what of ["archive", "restore", "remove"]) {
          const ids = [`${what}-1`, `${what}-2`, `${what}-3`]
          const begin = (id: string) =>
            Effect.gen(function* () {
              mark(id)
              yield* take(id)
              mark("bad")
              if (what === "remove") yield* restore(id, id)
            })
          yield* begin(`${what}-0`)
          const { tookMs } = yield* killed(what, folder, `${what}-0`, 60_000, worker)
          for (const [i, id] of ids.entries()) {
            yield* begin(id)
            hits += yield* killedIn(what, [id], (tookMs * (2 * i + 1)) / ids.length, (id) =>
              Effect.gen(function* () {
                yield* isWhole(id)
                if (what !== "remove") yield* restore(id, id)
                assert.deepStrictEqual([markers(), volumes.every(({ path }) => isSubvolume(path))], [three(id), true])
                yield* store.removeAside(app, id, volumes)
                yield* isWhole(id)
              })
            )
          }
        }
        // One by one, a kill may come too late on a machine that was slow when the time was taken.
        assert.isAbove(hits, 0)
        yield* store.removeAside(app, "restore-0", volumes)
        assert.strictEqual(subvolumesAt(folder), 6)
      }),
    patience
  )
})
