/** A real process that is killed with SIGKILL at many moments of its work with mirrors, and what the next one finds. */
import * as fs from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { layer } from "../../src/snapshot/TarSnapshots.ts"
import { makeApp, request, temporaryFolder, threeVolumes, withMirrors, write } from "./fixture.ts"
import { killed, marked } from "./killed.ts"

const scene = Effect.gen(function* () {
  const folder = fs.realpathSync(yield* temporaryFolder())
  const app = withMirrors(makeApp(join(folder, "root/notes")))
  const files = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`dir${i % 4}/file${i}`, "x".repeat(20_000)]))
  const volumes = threeVolumes(folder)
  for (const { path } of volumes) write(path, files)
  const { markers, restore, store, ...work } = yield* marked(app, volumes)
  /** What a snapshot holds, by restoring it. */
  const held = (id: string, attempt: string) =>
    Effect.gen(function* () {
      yield* restore(id, attempt)
      yield* store.removeAside(app, attempt, volumes)
      return markers()
    })
  return { folder, app, volumes, store, held, ...work }
}).pipe(Effect.provide(layer))

/** Moments spread over the duration of the work without a kill. */
const moments = (tookMs: number, count: number) => Array.from({ length: count }, (_, i) => (tookMs * (i + 0.5)) / count)

const three = (text: string) => [text, text, text]
const patience = { timeout: 600_000 }

/** Verifies: LAW-4 */
describe("kill -9, with mirrors,", () => {
  it.live(
    "during a refresh loses no snapshot that is in a mirror alone, and the next refresh and capture succeed",
    () =>
      Effect.gen(function* () {
        const { folder, held, isWhole, mark, take } = yield* scene
        mark("0")
        yield* take("s0")
        const { tookMs } = yield* killed("refresh", folder, "", 60_000)
        yield* isWhole("s0")
        let hits = 0
        for (const [i, moment] of moments(tookMs, 3).entries()) {
          const id = `s${i + 1}`
          mark(id)
          yield* take(id)
          mark("newer")
          if (!(yield* killed("refresh", folder, "", moment)).done) hits += 1
          yield* isWhole(id)
          assert.deepStrictEqual(yield* held(id, `a${i}`), three(id))
        }
        assert.isAbove(hits, 0)
      }),
    patience
  )

  it.live(
    "during a capture leaves the previous snapshot complete, and the next capture succeeds",
    () =>
      Effect.gen(function* () {
        const { app, folder, held, isWhole, mark, store, take, volumes } = yield* scene
        mark("s0")
        yield* take("s0")
        yield* store.refresh(app, volumes)
        const { tookMs } = yield* killed("captureByMirror", folder, "s1", 60_000)
        let last = "s1"
        let hits = 0
        for (const [i, moment] of moments(tookMs, 3).entries()) {
          const id = `k${i}`
          yield* store.refresh(app, volumes)
          mark(id)
          if (!(yield* killed("captureByMirror", folder, id, moment)).done) hits += 1
          const current = yield* store.current(app)
          assert.include([last, id], current)
          yield* isWhole(current ?? "")
          yield* isWhole(last)
          yield* store.capture(app, request(id, volumes))
          assert.strictEqual(yield* store.current(app), id)
          last = id
        }
        assert.isAbove(hits, 0)
        mark("bad")
        assert.deepStrictEqual(yield* held(last, "a1"), three(last))
        assert.isFalse(fs.readdirSync(join(app.dir, "snapshots")).some((name) => name.startsWith(".")))
      }),
    patience
  )

  it.live(
    "while archives are made or the mirrors are staged keeps the snapshot whole, and the next restore restores it",
    () =>
      Effect.gen(function* () {
        const { folder, held, isWhole, mark, take } = yield* scene
        for (const what of ["archive", "stageMirror"]) {
          mark("first")
          yield* take(`${what}-0`)
          const { tookMs } = yield* killed(what, folder, `${what}-0`, 60_000)
          let hits = 0
          for (const [i, moment] of moments(tookMs, 3).entries()) {
            const id = `${what}-${i + 1}`
            mark(id)
            yield* take(id)
            mark("bad")
            if (!(yield* killed(what, folder, id, moment)).done) hits += 1
            yield* isWhole(id)
            assert.deepStrictEqual(yield* held(id, id), three(id))
            yield* isWhole(id)
          }
          assert.isAbove(hits, 0)
        }
      }),
    patience
  )
})
