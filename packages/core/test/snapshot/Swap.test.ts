import * as fs from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { SnapshotStore } from "../../src/snapshot/SnapshotStore.ts"
import { layer } from "../../src/snapshot/TarSnapshots.ts"
import {
  canMount,
  makeApp,
  makeVolume,
  mounted,
  quiet,
  request,
  temporaryFolder,
  volumeWith,
  write
} from "./fixture.ts"

const content = (path: string) => fs.readFileSync(join(path, "marker"), "utf8")

/** Two volumes that hold "bad", with a snapshot of "good" staged for the attempt `a1`. */
const staged = Effect.gen(function* () {
  const folder = yield* temporaryFolder()
  const app = makeApp(join(folder, "root/notes"))
  const volumes = ["a", "b"].map((name) => volumeWith(join(folder, "volumes", name), { marker: "good" }, name))
  const store = yield* SnapshotStore
  const restore = { ...quiet, id: "s1", attempt: "a1", volumes }
  yield* store.capture(app, request("s1", volumes))
  for (const volume of volumes) write(volume.path, { marker: "bad" })
  yield* store.stage(app, restore)
  const [a, b] = volumes as [(typeof volumes)[0], (typeof volumes)[0]]
  const place = (volume: { readonly name: string }) => ({
    tree: join(app.dir, "staged/a1/s1", volume.name, "tree"),
    aside: join(app.dir, "aside/a1", volume.name)
  })
  return { folder, app, volumes, a, b, store, restore, place }
}).pipe(Effect.provide(layer))

const assertSwapped = (
  volumes: ReadonlyArray<{ readonly path: string }>,
  aside: ReadonlyArray<{ readonly path: string }>
) => {
  assert.deepStrictEqual(
    volumes.map(({ path }) => content(path)),
    ["good", "good"]
  )
  assert.deepStrictEqual(
    aside.map(({ path }) => content(path)),
    ["bad", "bad"]
  )
}

/** Verifies: LAW-3, LAW-4 */
describe("Swap: after a kill in each state", () => {
  it.live("continues if the first volume's data is set aside and nothing is in its place", () =>
    Effect.gen(function* () {
      const { app, volumes, a, store, restore, place } = yield* staged
      fs.mkdirSync(join(app.dir, "aside/a1"), { recursive: true })
      fs.renameSync(a.path, place(a).aside)
      assertSwapped(volumes, yield* store.swap(app, restore))
    })
  )
  it.live("continues if the first volume is done and the second not begun", () =>
    Effect.gen(function* () {
      const { app, volumes, a, store, restore, place } = yield* staged
      fs.mkdirSync(join(app.dir, "aside/a1"), { recursive: true })
      fs.renameSync(a.path, place(a).aside)
      fs.renameSync(place(a).tree, a.path)
      assert.match((yield* Effect.flip(store.swap(app, restore))).message, /volume a is not staged/)
      yield* store.stage(app, restore)
      assertSwapped(volumes, yield* store.swap(app, restore))
    })
  )
  /** Verifies: LAW-1 */
  it.live("stages again and sets the swapped-in tree aside if the end was not recorded", () =>
    Effect.gen(function* () {
      const { app, volumes, a, b, store, restore, place } = yield* staged
      yield* store.swap(app, restore)
      for (const name of ["a", "b"]) fs.rmSync(join(app.dir, "staged/a1/s1", name, "swapped"))
      write(b.path, { marker: "written after the kill" })
      assert.match((yield* Effect.flip(store.swap(app, restore))).message, /volume a is not staged/)
      yield* store.stage(app, restore)
      assertSwapped(volumes, yield* store.swap(app, restore))
      assert.strictEqual(content(`${place(b).aside}~2`), "written after the kill")
      assert.strictEqual(content(`${place(a).aside}~2`), "good")
      yield* store.removeAside(app, "a1", volumes)
      assert.isFalse(fs.existsSync(`${place(b).aside}~2`))
    })
  )
  /** Verifies: LAW-15 */
  it.live("does not accept a swapped-in tree that was emptied or replaced later", () =>
    Effect.gen(function* () {
      const { app, volumes, a, b, store, restore } = yield* staged
      yield* store.swap(app, restore)
      assertSwapped(volumes, yield* store.swap(app, restore))
      fs.rmSync(join(a.path, "marker"))
      assert.match(
        (yield* Effect.flip(store.swap(app, restore))).message,
        /volume a: the data that was restored .* is missing/
      )
      write(a.path, { marker: "good" })
      fs.renameSync(b.path, `${b.path}.away`)
      write(b.path, { marker: "foreign" })
      assert.match(
        (yield* Effect.flip(store.swap(app, restore))).message,
        /volume b: the data that was restored .* is missing/
      )
      assert.strictEqual(content(b.path), "foreign")
    })
  )
  it.live("stages only the volume that needs it again during a swap, and cleans up on failure", () =>
    Effect.gen(function* () {
      const { app, volumes, a, b, store, restore, place } = yield* staged
      fs.mkdirSync(join(app.dir, "aside/a1"), { recursive: true })
      fs.renameSync(a.path, place(a).aside)
      fs.renameSync(place(a).tree, a.path)
      const archive = join(app.dir, "snapshots/s1/volumes/a.tar")
      const whole = fs.readFileSync(archive)
      fs.truncateSync(archive, 700)
      assert.strictEqual((yield* Effect.flip(store.stage(app, restore)))._tag, "SnapshotDamaged")
      assert.isTrue(fs.existsSync(place(b).tree))
      fs.writeFileSync(archive, whole)
      yield* store.stage(app, restore)
      assertSwapped(volumes, yield* store.swap(app, restore))
    })
  )
  it.live("also sets aside files that appeared in place of the data between the renames", () =>
    Effect.gen(function* () {
      const { app, volumes, a, store, restore, place } = yield* staged
      fs.mkdirSync(join(app.dir, "aside/a1"), { recursive: true })
      fs.renameSync(a.path, place(a).aside)
      volumeWith(a.path, { stray: "made by an engine" })
      assertSwapped(volumes, yield* store.swap(app, restore))
      assert.deepStrictEqual(fs.readdirSync(`${place(a).aside}~2`), ["stray"])
      yield* store.removeAside(app, "a1", volumes)
      assert.isFalse(fs.existsSync(`${place(a).aside}~2`))
    })
  )
  it.live("does not remove staged or set-aside data while a volume has no data in place", () =>
    Effect.gen(function* () {
      const { app, volumes, a, b, store, restore, place } = yield* staged
      fs.mkdirSync(join(app.dir, "aside/a1"), { recursive: true })
      fs.renameSync(a.path, place(a).aside)
      for (const refused of [
        yield* Effect.flip(store.unstage(app, "a1", volumes)),
        yield* Effect.flip(store.removeAside(app, "a1", volumes)),
        // A runtime that lists only what exists does not name the volume now.
        yield* Effect.flip(store.removeAside(app, "a1", [b]))
      ]) {
        assert.match(refused.message, /in the middle of a swap: data is at .*aside\/a1\/a,/)
      }
      assertSwapped(volumes, yield* store.swap(app, restore))
    })
  )
  it.live("does not unstage the second volume once the first is done", () =>
    Effect.gen(function* () {
      const { app, volumes, a, b, store, restore, place } = yield* staged
      fs.mkdirSync(join(app.dir, "aside/a1"), { recursive: true })
      fs.renameSync(a.path, place(a).aside)
      fs.renameSync(place(a).tree, a.path)
      assert.match((yield* Effect.flip(store.unstage(app, "a1", [b]))).message, /middle of a swap/)
      yield* store.stage(app, restore)
      assertSwapped(volumes, yield* store.swap(app, restore))
    })
  )
  it.live("starts a half-unpacked stage over", () =>
    Effect.gen(function* () {
      const { app, volumes, a, store, restore } = yield* staged
      volumeWith(join(app.dir, "staged/a2/s1/a/unpacking"), { marker: "half", stray: "of an older try" })
      yield* store.stage(app, { ...restore, attempt: "a2" })
      yield* store.swap(app, { ...quiet, ...restore, attempt: "a2" })
      assert.deepStrictEqual(fs.readdirSync(a.path), ["marker"])
      assert.deepStrictEqual(
        volumes.map(({ path }) => content(path)),
        ["good", "good"]
      )
    })
  )
  it.live("touches no volume if the tree of one is missing", () =>
    Effect.gen(function* () {
      const { app, volumes, b, store, restore, place } = yield* staged
      fs.rmSync(place(b).tree, { recursive: true })
      assert.match((yield* Effect.flip(store.swap(app, restore))).message, /volume b is not staged/)
      assert.deepStrictEqual(
        volumes.map(({ path }) => content(path)),
        ["bad", "bad"]
      )
    })
  )
})

describe.skipIf(!canMount)("Swap: location of the trees", () => {
  it.live("swaps beside a volume on another filesystem, and leaves nothing there", () =>
    Effect.gen(function* () {
      const store = yield* SnapshotStore
      const folder = yield* temporaryFolder()
      const app = makeApp(join(folder, "root/notes"))
      const disk = join(folder, "disk")
      yield* mounted(disk, 16)
      const volume = volumeWith(join(disk, "data/_data"), { marker: "good" })
      yield* store.capture(app, request("s1", [volume]))
      write(volume.path, { marker: "bad" })
      const restore = { ...quiet, id: "s1", attempt: "a1", volumes: [volume] }
      yield* store.stage(app, restore)
      const [aside] = yield* store.swap(app, restore)
      assert.strictEqual(aside?.path, join(disk, "data/.lastgood/a1/aside/data"))
      assert.deepStrictEqual([content(volume.path), content(aside?.path ?? "")], ["good", "bad"])
      yield* store.removeAside(app, "a1", [volume])
      assert.deepStrictEqual(fs.readdirSync(join(disk, "data")), ["_data"])
    }).pipe(Effect.provide(layer))
  )

  it.live("swaps each volume on its own mount, of which one is that of the root", () =>
    Effect.gen(function* () {
      const store = yield* SnapshotStore
      const folder = yield* temporaryFolder()
      const app = makeApp(join(folder, "root/notes"))
      const disk = join(folder, "disk")
      yield* mounted(disk, 16)
      const near = volumeWith(join(folder, "near"), { marker: "good" }, "near")
      const far = volumeWith(join(disk, "far/_data"), { marker: "good" }, "far")
      for (const [attempt, volumes] of [
        ["a1", [near, far]],
        ["a2", [far, near]]
      ] as const) {
        for (const { path } of volumes) write(path, { marker: "good" })
        yield* store.capture(app, request(`s-${attempt}`, volumes))
        for (const { path } of volumes) write(path, { marker: "bad" })
        const restore = { ...quiet, id: `s-${attempt}`, attempt, volumes }
        yield* store.stage(app, restore)
        // As the step does it that swaps: whatever is staged already is found.
        yield* store.stage(app, restore)
        assertSwapped(volumes, yield* store.swap(app, restore))
        yield* store.removeAside(app, attempt, volumes)
      }
      assert.deepStrictEqual(fs.readdirSync(join(disk, "far")), ["_data"])
    }).pipe(Effect.provide(layer))
  )

  it.live(
    "moves the entries if the volume is itself a mount point, continues after a kill, and keeps the root's mode",
    () =>
      Effect.gen(function* () {
        const store = yield* SnapshotStore
        const folder = yield* temporaryFolder()
        const app = makeApp(join(folder, "root/notes"))
        const path = join(folder, "mount")
        yield* mounted(path, 16)
        const volume = makeVolume(path)
        write(path, { marker: "good", ".hidden/-x\ny": "kept" })
        fs.chmodSync(path, 0o2750)
        yield* store.capture(app, request("s1", [volume]))
        fs.chmodSync(path, 0o777)
        write(path, { marker: "bad", new: "made by the failed version" })
        const restore = { ...quiet, id: "s1", attempt: "a1", volumes: [volume] }
        yield* store.stage(app, restore)
        assert.strictEqual(content(path), "bad")
        // As after a kill while the old children were moved out.
        const leaving = join(path, ".lastgood/a1/aside/.leaving-data")
        fs.mkdirSync(leaving, { recursive: true })
        fs.renameSync(join(path, "marker"), join(leaving, "marker"))
        assert.match((yield* Effect.flip(store.unstage(app, "a1", [volume]))).message, /middle of a swap/)
        const [aside] = yield* store.swap(app, restore)
        assert.deepStrictEqual(fs.readdirSync(path).sort(), [".hidden", ".lastgood", "marker"])
        assert.deepStrictEqual(fs.readdirSync(join(path, ".hidden")), ["-x\ny"])
        assert.deepStrictEqual([content(path), content(aside?.path ?? "")], ["good", "bad"])
        assert.strictEqual(fs.statSync(path).mode & 0o7777, 0o2750)
        assert.strictEqual((yield* store.swap(app, restore))[0]?.path, aside?.path)
        // lastgood's own folder is not data.
        const meta = yield* store.capture(app, request("s2", [volume]))
        assert.isBelow(meta.archives["data"]?.bytes ?? 0, 200_000)
        yield* store.stage(app, { ...restore, id: "s2", attempt: "a2" })
        assert.isFalse(fs.existsSync(join(path, ".lastgood/a2/staged/s2/data/tree/.lastgood")))
        yield* store.unstage(app, "a2", [volume])
        yield* store.removeAside(app, "a1", [volume])
        assert.deepStrictEqual(fs.readdirSync(path).sort(), [".hidden", "marker"])
      }).pipe(Effect.provide(layer))
  )

  /** Verifies: LAW-13 */
  it.live("writes and removes nothing behind a symlink in place of its own folder", () =>
    Effect.gen(function* () {
      const store = yield* SnapshotStore
      const folder = yield* temporaryFolder()
      const app = makeApp(join(folder, "root/notes"))
      yield* mounted(join(folder, "mount"), 16)
      yield* mounted(join(folder, "disk"), 16)
      const elsewhere = join(folder, "elsewhere")
      const precious = ["a1/aside/data/precious", "a1/staged/s1/data/tree/precious"]
      write(elsewhere, Object.fromEntries(precious.map((path) => [path, "not ours"])))
      for (const path of [join(folder, "mount"), join(folder, "disk/data")]) {
        const volume = volumeWith(path, { marker: "good" })
        yield* store.capture(app, request(path.endsWith("mount") ? "s1" : "s2", [volume]))
        const own = join(path, path.endsWith("mount") ? "" : "..", ".lastgood")
        const restore = { ...quiet, id: path.endsWith("mount") ? "s1" : "s2", attempt: "a1", volumes: [volume] }
        fs.symlinkSync(elsewhere, own)
        for (const refused of [
          yield* Effect.flip(store.stage(app, restore)),
          yield* Effect.flip(store.swap(app, restore)),
          yield* Effect.flip(store.unstage(app, "a1", [volume])),
          yield* Effect.flip(store.removeAside(app, "a1", [volume]))
        ]) {
          assert.match(refused.message, /\.lastgood.* is not lastgood's/)
        }
        fs.rmSync(own)
        fs.mkdirSync(join(own, "a1"), { recursive: true })
        fs.chmodSync(own, 0o777)
        assert.match((yield* Effect.flip(store.stage(app, restore))).message, /is not lastgood's/)
      }
      for (const path of precious) assert.isTrue(fs.existsSync(join(elsewhere, path)))
      assert.deepStrictEqual(fs.readdirSync(join(elsewhere, "a1")), ["aside", "staged"])
    }).pipe(Effect.provide(layer))
  )

  it.live("refuses a volume with another filesystem mounted inside it, at every step", () =>
    Effect.gen(function* () {
      const { app, a, volumes, store, restore } = yield* staged
      yield* mounted(join(a.path, "nested"), 1)
      for (const refused of [
        yield* Effect.flip(store.prepare(app, volumes)),
        yield* Effect.flip(store.capture(app, request("s2", volumes))),
        yield* Effect.flip(store.swap(app, restore))
      ]) {
        assert.match(refused.message, /other filesystems are mounted inside it \(.*nested\)/)
      }
      assert.deepStrictEqual(
        volumes.map(({ path }) => content(path)),
        ["bad", "bad"]
      )
    })
  )
})
