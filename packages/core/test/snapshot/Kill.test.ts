/**
 * A real process, killed with SIGKILL at many moments of its work, and what the next one finds. Only what the worker
 * itself does dies with it: a tar that it started may end later, as it would in life.
 */
import * as fs from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { SnapshotStore } from "../../src/snapshot/SnapshotStore.ts"
import { layer } from "../../src/snapshot/TarSnapshots.ts"
import { makeApp, quiet, request, temporaryFolder, threeVolumes, write } from "./fixture.ts"
import { killed } from "./killed.ts"

const scene = Effect.gen(function* () {
  const folder = yield* temporaryFolder()
  const app = makeApp(join(folder, "root/notes"))
  const files = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`dir${i % 4}/file${i}`, "x".repeat(20_000)]))
  const volumes = threeVolumes(folder)
  for (const { path } of volumes) write(path, { ...files, marker: "good" })
  const mark = (text: string) => {
    for (const volume of volumes) write(volume.path, { marker: text })
  }
  const markers = () => volumes.map((volume) => fs.readFileSync(join(volume.path, "marker"), "utf8"))
  return { folder, app, volumes, mark, markers, store: yield* SnapshotStore }
}).pipe(Effect.provide(layer))

/** Moments spread over the duration of the work without a kill. */
const moments = (tookMs: number, count: number) => Array.from({ length: count }, (_, i) => (tookMs * (i + 0.5)) / count)

const rounds = 6
const patience = { timeout: 180_000 }

describe("kill -9", () => {
  /** Verifies: LAW-4 */
  it.live(
    "during a capture leaves the previous snapshot complete, and the next capture succeeds",
    () =>
      Effect.gen(function* () {
        const { folder, app, volumes, mark, store } = yield* scene
        yield* store.capture(app, request("s1", volumes))
        mark("newer")
        const { tookMs } = yield* killed("capture", folder, "s2", 60_000)
        let last = "s2"
        let hits = 0
        for (const [i, moment] of moments(tookMs, rounds).entries()) {
          const id = `k${i}`
          const { done } = yield* killed("capture", folder, id, moment)
          const current = yield* store.current(app)
          assert.include([last, id], current)
          assert.deepStrictEqual((yield* store.verify(app, current ?? "")).problems, [])
          if (!done) hits += 1
          yield* store.capture(app, request(id, volumes))
          assert.strictEqual(yield* store.current(app), id)
          last = id
        }
        assert.isAbove(hits, 0)
        assert.isFalse(fs.readdirSync(join(app.dir, "snapshots")).some((name) => name.startsWith(".")))
      }),
    patience
  )

  /** Verifies: LAW-2, LAW-3, LAW-4 */
  it.live(
    "during a swap loses neither the data nor the staged tree, and the next stage and swap finish it for every volume",
    () =>
      Effect.gen(function* () {
        const { folder, app, volumes, mark, markers, store } = yield* scene
        yield* store.capture(app, request("s1", volumes))
        mark("bad")
        yield* store.stage(app, { id: "s1", attempt: "a0", volumes })
        const { tookMs } = yield* killed("swap", folder, "a0", 60_000)
        assert.deepStrictEqual(markers(), ["good", "good", "good"])
        let hits = 0
        for (const [i, moment] of moments(tookMs, rounds).entries()) {
          const attempt = `k${i}`
          mark("bad")
          yield* store.stage(app, { id: "s1", attempt, volumes })
          const { done } = yield* killed("swap", folder, attempt, moment)
          if (!done) hits += 1
          // As the restore step does: what was put in and not noted is staged afresh (LAW-1).
          yield* store.stage(app, { id: "s1", attempt, volumes })
          const aside = yield* store.swap(app, { ...quiet, id: "s1", attempt, volumes })
          assert.deepStrictEqual(markers(), ["good", "good", "good"])
          const replaced = aside.map(({ path }) => fs.readFileSync(join(path, "marker"), "utf8"))
          assert.deepStrictEqual(replaced, ["bad", "bad", "bad"])
          yield* store.removeAside(app, attempt, volumes)
        }
        assert.isAbove(hits, 0)
        assert.deepStrictEqual(fs.readdirSync(join(folder, "volumes")).sort(), ["a", "b", "c"])
      }),
    patience
  )

  it.live(
    "during staging changes no volume, and the next stage starts over",
    () =>
      Effect.gen(function* () {
        const { folder, app, volumes, mark, markers, store } = yield* scene
        yield* store.capture(app, request("s1", volumes))
        mark("bad")
        const { tookMs } = yield* killed("stage", folder, "a0", 60_000)
        for (const [i, moment] of moments(tookMs, 4).entries()) {
          yield* killed("stage", folder, `k${i}`, moment)
          assert.deepStrictEqual(markers(), ["bad", "bad", "bad"])
          yield* store.stage(app, { id: "s1", attempt: `k${i}`, volumes })
          yield* store.swap(app, { ...quiet, id: "s1", attempt: `k${i}`, volumes })
          assert.deepStrictEqual(markers(), ["good", "good", "good"])
          mark("bad")
        }
      }),
    patience
  )
})
