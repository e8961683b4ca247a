import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { SnapshotStore } from "../../src/snapshot/SnapshotStore.ts"
import { layer } from "../../src/snapshot/TarSnapshots.ts"
import { makeApp, request, temporaryFolder, volumeWith } from "./fixture.ts"

const scene = Effect.gen(function* () {
  const folder = yield* temporaryFolder()
  const app = makeApp(join(folder, "root/notes"))
  const volume = volumeWith(join(folder, "volume"), { marker: "one" })
  return { folder, app, volume, store: yield* SnapshotStore }
}).pipe(Effect.provide(layer))

/** Verifies: LAW-14 */
describe("Preflight", () => {
  it.live(
    "estimates the size of the archive closely and never too low, without counting holes and hard links twice",
    () =>
      Effect.gen(function* () {
        const { app, volume, store } = yield* scene
        for (let i = 0; i < 200; i++) fs.writeFileSync(join(volume.path, `file${i}`), Buffer.alloc(5000, i))
        fs.writeFileSync(join(volume.path, "big"), Buffer.alloc(4 << 20, 1))
        for (let i = 0; i < 5; i++) fs.linkSync(join(volume.path, "big"), join(volume.path, `again${i}`))
        fs.truncateSync(join(volume.path, "marker"), 1 << 30)
        const prepared = yield* store.prepare(app, [volume])
        const meta = yield* store.capture(app, request("s1", [volume]))
        const [measured] = prepared.volumes
        const actual = meta.archives["data"]?.bytes ?? 0
        assert.strictEqual(measured?.entries, 208)
        assert.isAtLeast((measured?.bytes ?? 0) + (128 << 10), actual)
        assert.isBelow(measured?.bytes ?? 0, actual * 1.1)
        assert.isAbove(prepared.needBytes, 2 * actual)
        assert.isAbove(prepared.freeBytes, prepared.needBytes)
      })
  )

  it.live("counts only files that the filter keeps, and writes nothing", () =>
    Effect.gen(function* () {
      const { folder, app, volume, store } = yield* scene
      fs.mkdirSync(join(volume.path, "cache"))
      fs.writeFileSync(join(volume.path, "cache/big"), Buffer.alloc(4 << 20, 1))
      const filtered = {
        ...app,
        snapshot: { ...app.snapshot, filters: { data: { include: [], exclude: ["cache/**"] } } }
      }
      const [measured] = (yield* store.prepare(filtered, [volume])).volumes
      assert.isBelow(measured?.bytes ?? 0, 1 << 20)
      assert.strictEqual(measured?.entries, 3)
      assert.deepStrictEqual(fs.readdirSync(folder), ["volume"])
    })
  )

  it.live("refuses a path that could be archived but not unpacked, and accepts the longest possible one", () =>
    Effect.gen(function* () {
      const { app, volume, store } = yield* scene
      // 16 folders of 250 bytes, and what is left for a name: made relative, so that it can be made at all.
      const script = (last: number) =>
        `n=$(printf '%0250d' 1); for i in $(seq 16); do mkdir -p $n && cd $n; done; touch $(printf '%0${last}d' 2)`
      execFileSync("bash", ["-c", script(4060 - 16 * 251)], { cwd: volume.path })
      yield* store.prepare(app, [volume])
      yield* store.capture(app, request("s1", [volume]))
      yield* store.stage(app, { id: "s1", attempt: "a1", volumes: [volume] })
      yield* store.unstage(app, "a1", [volume])
      execFileSync("bash", ["-c", script(4061 - 16 * 251)], { cwd: volume.path })
      const name = fs.readdirSync(volume.path).find((entry) => entry !== "marker")
      const without = {
        ...app,
        snapshot: { ...app.snapshot, filters: { data: { include: [], exclude: [`${name}`] } } }
      }
      yield* store.prepare(without, [volume])
      yield* store.capture(without, request("s3", [volume]))
      assert.match((yield* Effect.flip(store.prepare(app, [volume]))).message, /4061 bytes, expected at most 4060/)
      // Made after the preflight: tar alone would archive it, with code 0.
      execFileSync("bash", ["-c", script(4200 - 16 * 251)], { cwd: volume.path })
      assert.match(
        (yield* Effect.flip(store.capture(app, request("s2", [volume])))).message,
        /4200 bytes, expected at most 4060/
      )
    })
  )

  it.live("refuses a volume that is missing, not a folder, named twice, or contains lastgood's root", () =>
    Effect.gen(function* () {
      const { folder, app, volume, store } = yield* scene
      const refused = (volumes: ReadonlyArray<typeof volume>) =>
        Effect.map(Effect.flip(store.prepare(app, volumes)), (error) => error.message)
      assert.match(yield* refused([{ ...volume, path: join(folder, "gone/_data") }]), /volume data is missing/)
      assert.match(yield* refused([{ ...volume, path: join(volume.path, "marker") }]), /found a file/)
      assert.match(yield* refused([volume, volume]), /listed twice/)
      assert.match(yield* refused([{ ...volume, path: folder }]), /contains lastgood's own folder/)
      assert.match(yield* refused([{ ...volume, path: "relative" }]), /expected the absolute path/)
    })
  )
})
