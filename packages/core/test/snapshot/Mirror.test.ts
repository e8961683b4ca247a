/** Mirrors: the copy of a volume that is kept between attempts, and is the snapshot until its archive is made. */
import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import { dirname, join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Tracer from "effect/Tracer"
import type { Volume } from "../../src/domain/App.ts"
import { archiveFile, fileNameOf } from "../../src/snapshot/Layout.ts"
import { LongestWrite } from "../../src/snapshot/mirror/tree/Racy.ts"
import { volumesIn } from "../../src/snapshot/Reading.ts"
import { SnapshotStore } from "../../src/snapshot/SnapshotStore.ts"
import { layer } from "../../src/snapshot/TarSnapshots.ts"
import {
  asFolder,
  canMount,
  makeApp,
  mounted,
  quiet,
  request,
  temporaryFolder,
  volumeWith,
  withMirrors,
  write
} from "./fixture.ts"
import { filesystem, missingFor } from "./mirror/mirror.ts"

const sceneOf = Effect.fnUntraced(function* (filters = {}) {
  const folder = fs.realpathSync(yield* temporaryFolder())
  const app = withMirrors(makeApp(join(folder, "root/notes"), filters))
  const volume = volumeWith(join(folder, "volumes/data/_data"), { marker: "one", "deep/file": "x".repeat(10_000) })
  const home = join(app.dir, "mirror", fileNameOf(volume.name))
  const archive = (id: string) => join(app.dir, "snapshots", id, archiveFile(volume.name))
  const metaOf = (id: string) => JSON.parse(fs.readFileSync(join(app.dir, "snapshots", id, "meta.json"), "utf8"))
  const marker = () => fs.readFileSync(join(volume.path, "marker"), "utf8")
  const store = yield* SnapshotStore
  const take = (id: string) => Effect.andThen(store.refresh(app, [volume]), store.capture(app, request(id, [volume])))
  const restore = (id: string, attempt: string) =>
    Effect.andThen(
      store.stage(app, { id, attempt, volumes: [volume] }),
      store.swap(app, { ...quiet, id, attempt, volumes: [volume] })
    )
  return { folder, app, volume, volumes: [volume], home, archive, metaOf, marker, store, take, restore }
})

const scene = sceneOf()

/** A filesystem of its own, on which there can be mirrors. */
const ext4At = (path: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const script = `truncate -s 256M "$1.img"; mkfs.ext4 -q "$1.img"; mkdir "$1"; mount -o loop "$1.img" "$1"`
      execFileSync("bash", ["-euc", script, "bash", path])
    }),
    () => Effect.sync(() => execFileSync("umount", ["--lazy", path]))
  )

const inodeOf = (path: string): number => fs.lstatSync(path).ino
const unsealedOf = (meta: { readonly archives: Readonly<Record<string, { readonly mirror?: string }>> }) =>
  Object.values(meta.archives).filter(({ mirror }) => mirror !== undefined).length

const check = (title: string, body: Effect.Effect<void, unknown, SnapshotStore | import("effect/Scope").Scope>) =>
  it.live(title, () => body.pipe(Effect.provide(layer)))

describe("a mirror", () => {
  /** Verifies: LAW-4 */
  check(
    "is the snapshot, whole, listed and verified, until its archive is made",
    Effect.gen(function* () {
      const { app, archive, home, metaOf, store, take, volume } = yield* scene
      const meta = yield* take("s1")
      assert.deepStrictEqual([meta.format, unsealedOf(meta), fs.existsSync(archive("s1"))], [2, 1, false])
      assert.strictEqual(meta.archives[volume.name]?.bytes, 10_003)
      assert.strictEqual(fs.readFileSync(join(home, "for"), "utf8"), "s1")
      assert.deepStrictEqual(
        (yield* store.list(app)).map(({ id, bytes }) => [id, bytes]),
        [["s1", 10_003]]
      )
      assert.deepStrictEqual([yield* store.current(app), (yield* store.verify(app, "s1")).problems], ["s1", []])
      const sealed = yield* store.seal(app, "s1")
      assert.deepStrictEqual([sealed.format, unsealedOf(sealed)], [1, 0])
      assert.deepStrictEqual(metaOf("s1"), sealed)
      assert.match(sealed.archives[volume.name]?.sha256 ?? "", /^[0-9a-f]{64}$/)
      const made = sealed.archives[volume.name]
      assert.deepStrictEqual(
        [made?.bytes, made?.manifest],
        [fs.statSync(archive("s1")).size, meta.archives[volume.name]?.manifest]
      )
      assert.deepStrictEqual((yield* store.verify(app, "s1")).problems, [])
      assert.deepStrictEqual(yield* store.seal(app, "s1"), sealed)
    })
  )

  check(
    "is renamed in by a restore, and the snapshot can be restored again from its archive",
    Effect.gen(function* () {
      const { app, archive, home, marker, restore, store, take, volume } = yield* scene
      yield* take("s1")
      const tree = inodeOf(join(home, "tree"))
      write(volume.path, { marker: "two" })
      yield* restore("s1", "a1")
      assert.deepStrictEqual([marker(), inodeOf(volume.path)], ["one", tree])
      assert.isTrue(fs.existsSync(archive("s1")))
      assert.isFalse(fs.existsSync(home))
      write(volume.path, { marker: "three" })
      yield* restore("s1", "a2")
      assert.strictEqual(marker(), "one")
      assert.deepStrictEqual((yield* store.verify(app, "s1")).problems, [])
      yield* take("s2")
      assert.strictEqual(fs.readFileSync(join(home, "for"), "utf8"), "s2")
    })
  )

  /** Verifies: LAW-11 */
  check(
    "that was changed after its archive was made is not put in: the archive is unpacked",
    Effect.gen(function* () {
      for (const [i, change] of [
        (tree: string) => fs.chmodSync(join(tree, "marker"), fs.statSync(join(tree, "marker")).mode),
        (tree: string) => execFileSync("setfattr", ["-n", "user.note", "-v", "changed", join(tree, "marker")]),
        (tree: string) => {
          const { atime, mtime } = fs.statSync(join(tree, "marker"))
          fs.writeFileSync(join(tree, "marker"), "ONE")
          fs.utimesSync(join(tree, "marker"), atime, mtime)
        },
        (tree: string) => fs.rmSync(join(tree, "deep/file"))
      ].entries()) {
        const { app, home, marker, restore, store, take, volume } = yield* scene
        yield* take("s1")
        yield* store.archive(app, "s1")
        const tree = inodeOf(join(home, "tree"))
        // Kept open: the number of a removed folder is given to the next one.
        const open = fs.openSync(join(home, "tree"), "r")
        change(join(home, "tree"))
        write(volume.path, { marker: "two" })
        yield* restore("s1", "a1")
        assert.deepStrictEqual([marker(), fs.existsSync(join(volume.path, "deep/file"))], ["one", true], `${i}`)
        assert.notStrictEqual(inodeOf(volume.path), tree)
        fs.closeSync(open)
        assert.notInclude(execFileSync("getfattr", ["-d", join(volume.path, "marker")]).toString(), "user.note")
      }
    })
  )

  /** Verifies: LAW-3 */
  it.live.skipIf(!canMount)("that cannot be put in is replaced by its archive only if that is whole", () =>
    Effect.gen(function* () {
      const { app, archive, home, marker, store, take, volume, volumes } = yield* scene
      yield* take("s1")
      yield* store.archive(app, "s1")
      const file = fs.openSync(archive("s1"), "r+")
      fs.writeSync(file, "O", fs.readFileSync(archive("s1")).indexOf("one"))
      fs.closeSync(file)
      write(volume.path, { marker: "two" })
      // No folder can be renamed to there.
      yield* mounted(join(app.dir, "staged/a1/s1", fileNameOf(volume.name)), 16)
      const failed = yield* Effect.flip(store.stage(app, { id: "s1", attempt: "a1", volumes }))
      assert.deepStrictEqual([failed._tag, marker()], ["SnapshotDamaged", "two"])
      assert.isTrue(fs.existsSync(join(home, "tree/marker")))
    }).pipe(Effect.provide(layer))
  )

  /** Verifies: LAW-3 */
  check(
    "that was changed before its archive was made makes the snapshot damaged, and nothing is touched",
    Effect.gen(function* () {
      const { app, home, marker, store, take, volume, volumes } = yield* scene
      yield* take("s1")
      fs.rmSync(join(home, "tree/deep/file"))
      write(volume.path, { marker: "two" })
      const { problems } = yield* store.verify(app, "s1")
      assert.match(problems.join(), /deep\/file/)
      for (const failed of [
        yield* Effect.flip(store.archive(app, "s1")),
        yield* Effect.flip(store.seal(app, "s1")),
        yield* Effect.flip(store.stage(app, { id: "s1", attempt: "a1", volumes }))
      ]) {
        assert.strictEqual(failed._tag, "SnapshotDamaged")
      }
      assert.strictEqual(marker(), "two")
      fs.rmSync(home, { recursive: true })
      assert.deepStrictEqual(yield* store.list(app), [])
      assert.match((yield* store.verify(app, "s1")).problems.join(), /its mirror is missing/)
    })
  )

  /** Verifies: LAW-4 */
  check(
    "that is the only copy of a snapshot is never changed: the next capture writes an archive",
    Effect.gen(function* () {
      const { app, archive, home, store, take, volume, volumes } = yield* scene
      yield* take("s1")
      write(volume.path, { marker: "two" })
      const second = yield* store.capture(app, request("s2", volumes))
      assert.deepStrictEqual([second.format, fs.existsSync(archive("s2"))], [1, true])
      assert.strictEqual(fs.readFileSync(join(home, "tree/marker"), "utf8"), "one")
      assert.deepStrictEqual((yield* store.verify(app, "s1")).problems, [])
      yield* store.removeMirrors(app, volumes)
      assert.isTrue(fs.existsSync(join(home, "tree/marker")))
    })
  )

  check(
    "tells when it was brought up to date, and whether it is the only copy of a snapshot",
    Effect.gen(function* () {
      const { app, home, restore, store, take, volumes } = yield* scene
      const now = store.mirrors(app, volumes)
      const missing = { count: 1, refreshedAt: null, isOnlyCopy: false, isUnused: false }
      assert.deepStrictEqual(yield* now, missing)
      yield* store.refresh(app, volumes, "ahead")
      const refreshedAt = fs.statSync(join(home, "manifest")).mtimeMs
      assert.deepStrictEqual(yield* now, { ...missing, refreshedAt: Math.trunc(refreshedAt) })
      // As an interrupted refresh leaves it.
      fs.writeFileSync(join(home, "beside"), "")
      assert.deepStrictEqual(yield* now, missing)
      yield* take("s1")
      assert.include(yield* now, { count: 1, isOnlyCopy: true })
      yield* store.seal(app, "s1")
      assert.isFalse((yield* now).isOnlyCopy)
      yield* restore("s1", "a1")
      assert.deepStrictEqual(yield* now, missing)
      const { engine: _, ...snapshot } = app.snapshot
      assert.include(yield* store.mirrors({ ...app, snapshot }, volumes), { count: 0 })
    })
  )

  check(
    "is archived by the next refresh, which then brings it up to date",
    Effect.gen(function* () {
      const { app, home, metaOf, restore, marker, store, take, volume, volumes } = yield* scene
      yield* take("s1")
      write(volume.path, { marker: "two" })
      yield* store.refresh(app, volumes)
      assert.deepStrictEqual([metaOf("s1").format, fs.existsSync(join(home, "for"))], [1, false])
      assert.strictEqual(fs.readFileSync(join(home, "tree/marker"), "utf8"), "two")
      yield* restore("s1", "a1")
      assert.strictEqual(marker(), "one")
    })
  )

  check(
    "is removed once the settings do not ask for it, and those of volumes that are gone as well",
    Effect.gen(function* () {
      const { app, folder, home, metaOf, store, take, volumes } = yield* scene
      yield* take("s1")
      const gone = volumeWith(join(folder, "volumes/old/_data"), { file: "x" }, "old")
      yield* store.refresh(app, [...volumes, gone])
      assert.isTrue(fs.existsSync(join(app.dir, "mirror/old")))
      yield* store.refresh(app, volumes)
      assert.deepStrictEqual(fs.readdirSync(join(app.dir, "mirror")), ["data"])
      yield* store.capture(app, request("s2", volumes))
      yield* store.refresh({ ...app, snapshot: { ...app.snapshot, engine: "tar" } }, volumes)
      assert.deepStrictEqual([metaOf("s2").format, fs.existsSync(home)], [1, false])
      assert.deepStrictEqual((yield* store.verify(app, "s2")).problems, [])
      yield* store.capture(app, request("s3", volumes))
      assert.strictEqual(metaOf("s3").format, 1)
    })
  )

  check(
    "that cannot be brought up to date in the window is replaced by an archive in the same window",
    Effect.gen(function* () {
      const { app, archive, home, metaOf, store, volume, volumes } = yield* scene
      yield* store.refresh(app, volumes)
      fs.rmSync(join(home, "tree"), { recursive: true })
      fs.writeFileSync(join(home, "tree"), "in the way")
      write(volume.path, { marker: "two" })
      yield* store.capture(app, request("s1", volumes))
      assert.deepStrictEqual((yield* store.verify(app, "s1")).problems, [])
      assert.strictEqual(fs.existsSync(archive("s1")), metaOf("s1").format === 1)
    })
  )

  check(
    "is not used for a volume with a filter, and `engines` says why",
    Effect.gen(function* () {
      const { app, home, metaOf, store, take, volumes } = yield* sceneOf({
        data: { include: [], exclude: ["deep/**"] }
      })
      const [engine] = yield* store.engines(app, volumes)
      assert.deepStrictEqual([engine?.name, engine?.why], ["tar", "a filter leaves files out"])
      yield* take("s1")
      assert.deepStrictEqual([metaOf("s1").format, fs.existsSync(home)], [1, false])
    })
  )

  check(
    "is told by `engines` only if the settings ask for it",
    Effect.gen(function* () {
      const { app, store, volumes } = yield* scene
      const told = (yield* store.engines(app, volumes)).map(({ name, volume, why }) => [volume.name, name, why])
      assert.deepStrictEqual(told, [["data", "mirror", "kept under the root"]])
      assert.deepStrictEqual(yield* store.engines(makeApp(app.dir), volumes), [])
    })
  )

  check(
    "makes its archive once for all who ask for it at the same time, also if the first of them is interrupted",
    Effect.gen(function* () {
      const { app, metaOf, store, take, volumes } = yield* scene
      yield* take("s1")
      const first = yield* Effect.forkChild(store.archive(app, "s1"))
      const second = yield* Effect.forkChild(store.stage(app, { id: "s1", attempt: "a1", volumes }))
      yield* Effect.sleep("5 millis")
      yield* Fiber.interrupt(first)
      yield* Fiber.join(second)
      assert.strictEqual(metaOf("s1").format, 1)
      assert.deepStrictEqual((yield* store.verify(app, "s1")).problems, [])
    })
  )

  check(
    "has no names to list before its archive is made, and says what to do",
    Effect.gen(function* () {
      const { app, store, take } = yield* scene
      yield* take("s1")
      const refused = yield* Effect.flip(volumesIn(app, "s1"))
      assert.match(refused.message, /not sealed yet/)
      yield* store.seal(app, "s1")
      assert.lengthOf(yield* volumesIn(app, "s1"), 1)
    })
  )

  check(
    "of a snapshot that is removed is nobody's any more",
    Effect.gen(function* () {
      const { app, home, store, take, volumes } = yield* scene
      yield* take("s1")
      yield* store.capture(app, request("s2", volumes))
      yield* store.remove(app, "s1")
      assert.isFalse(fs.existsSync(join(home, "for")))
      assert.strictEqual((yield* take("s3")).format, 2)
    })
  )

  /** Verifies: LAW-13 */
  check(
    "is looked for only where lastgood keeps mirrors",
    Effect.gen(function* () {
      const { app, metaOf, store, take, volume } = yield* scene
      yield* take("s1")
      const meta = metaOf("s1")
      for (const mirror of ["mirror/other", "../mirror/data", "/etc", "/srv/.lastgood/mirror/../mirror/data", ""]) {
        const archives = { [volume.name]: { ...meta.archives[volume.name], mirror } }
        fs.writeFileSync(join(app.dir, "snapshots/s1/meta.json"), JSON.stringify({ ...meta, archives }))
        assert.match((yield* store.verify(app, "s1")).problems.join(), /no usable mirror/, mirror)
      }
    })
  )

  it.live.skipIf(!canMount)(
    "is beside a folder on another filesystem, but not inside of a mount, on tmpfs, or beside a volume, whose removal would remove it",
    () =>
      Effect.gen(function* () {
        const { app, folder, store } = yield* scene
        const other = join(folder, "other")
        yield* mounted(other, 256)
        const volumes: ReadonlyArray<Volume> = [
          asFolder(volumeWith(join(other, "vol/_data"), { file: "x" }, "beside")),
          asFolder(volumeWith(other, {}, "inside")),
          volumeWith(join(other, "other/_data"), { file: "x" }, "volume")
        ]
        assert.deepStrictEqual(
          (yield* store.engines(app, volumes)).map(({ name, why }) => `${name}: ${why}`),
          [
            "tar: its filesystem is not ext4, xfs or btrfs",
            "tar: its folder is a mount of its own",
            "tar: it is on another mount than the root"
          ]
        )
      }).pipe(Effect.provide(layer))
  )

  it.live.skipIf(!canMount)("is counted as free space, because it gives way", () =>
    Effect.gen(function* () {
      const { folder, store } = yield* scene
      const disk = join(folder, "disk")
      yield* mounted(disk, 110)
      const app = makeApp(join(disk, "root/notes"))
      const volume = volumeWith(join(disk, "vol/_data"), { file: "x".repeat(12_000_000) })
      const copy = join(app.dir, "mirror/data/tree")
      write(copy, { file: "x".repeat(20_000_000) })
      fs.chmodSync(app.dir, 0o700)
      const { freeBytes, needBytes } = yield* store.prepare(app, [volume])
      const { bavail, bsize } = fs.statfsSync(disk)
      assert.isBelow(bavail * bsize, needBytes)
      // As `doctor` compares them.
      assert.isAtLeast(freeBytes, needBytes)
      yield* store.refresh(app, [volume])
      assert.isFalse(fs.existsSync(copy))
      const after = yield* store.prepare(app, [volume])
      assert.isAtLeast(after.freeBytes, after.needBytes)
    }).pipe(Effect.provide(layer))
  )

  /** Verifies: LAW-14 */
  it.live.skipIf(missingFor("xfs") !== "")(
    "is not counted as free space where it shares its blocks with the data",
    () =>
      Effect.gen(function* () {
        const { store } = yield* scene
        const disk = yield* filesystem("xfs")
        const app = withMirrors(makeApp(join(disk, "root/notes")))
        const volume = volumeWith(join(disk, "vol/_data"), { large: "x".repeat(60_000_000) })
        yield* store.refresh(app, [volume])
        const { needBytes } = yield* store.prepare(app, [volume])
        const { bavail, bsize } = fs.statfsSync(disk)
        execFileSync("fallocate", ["-l", `${bavail * bsize - needBytes + 30_000_000}`, join(disk, "filler")])
        assert.match((yield* Effect.flip(store.prepare(app, [volume]))).message, /MB free, expected/)
      }).pipe(Effect.provide(layer))
  )

  it.live.skipIf(!canMount)("beside the data on another filesystem is renamed in", () =>
    Effect.gen(function* () {
      const { app, folder, store } = yield* scene
      const disk = join(folder, "disk")
      yield* ext4At(disk)
      const volume = asFolder(volumeWith(join(disk, "vol/_data"), { marker: "one" }))
      yield* store.refresh(app, [volume])
      const { archives } = yield* store.capture(app, request("s1", [volume]))
      const home = join(dirname(volume.path), ".lastgood/mirror", fileNameOf(volume.name))
      assert.strictEqual(archives[volume.name]?.mirror, home)
      const tree = inodeOf(join(home, "tree"))
      write(volume.path, { marker: "two" })
      yield* store.stage(app, { id: "s1", attempt: "a1", volumes: [volume] })
      yield* store.swap(app, { ...quiet, id: "s1", attempt: "a1", volumes: [volume] })
      assert.deepStrictEqual(
        [fs.readFileSync(join(volume.path, "marker"), "utf8"), inodeOf(volume.path)],
        ["one", tree]
      )
      assert.deepStrictEqual((yield* store.verify(app, "s1")).problems, [])
    }).pipe(Effect.provide(layer))
  )

  check(
    "that is not up to date in time is not used: the volume is captured as an archive, and the next refresh goes on",
    Effect.gen(function* () {
      for (const deadlines of [{ prefetchMs: 1 }, { stallMs: 2 }]) {
        const { app, archive, marker, metaOf, restore, store, take, volume, volumes } = yield* scene
        yield* take("s1")
        yield* store.seal(app, "s1")
        write(volume.path, { marker: "two" })
        yield* store.refresh({ ...app, deadlines: { ...app.deadlines, ...deadlines } }, volumes)
        yield* store.capture(app, request("s2", volumes))
        assert.deepStrictEqual([metaOf("s2").format, fs.existsSync(archive("s2"))], [1, true])
        write(volume.path, { marker: "three" })
        assert.strictEqual((yield* take("s3")).format, 2)
        write(volume.path, { marker: "four" })
        yield* restore("s3", "a1")
        assert.strictEqual(marker(), "three")
      }
    })
  )

  /** Verifies: LAW-11 */
  check(
    "that another program changed is made anew by the next refresh",
    Effect.gen(function* () {
      const { app, home, marker, restore, store, take, volume, volumes } = yield* scene
      const file = join(home, "tree/deep/file")
      const spoil = () => execFileSync("setfattr", ["-n", "user.note", "-v", "changed", file])
      const isSpoiled = () => execFileSync("getfattr", ["-d", file]).toString().includes("user.note")
      yield* store.refresh(app, volumes)
      spoil()
      yield* take("s1")
      assert.isFalse(isSpoiled())
      yield* store.seal(app, "s1")
      spoil()
      yield* take("s2")
      assert.isFalse(isSpoiled())
      yield* store.seal(app, "s2")
      const inode = inodeOf(file)
      yield* take("s3")
      assert.strictEqual(inodeOf(file), inode)
      write(volume.path, { marker: "two" })
      yield* restore("s3", "a1")
      assert.strictEqual(marker(), "one")
    }).pipe(Effect.provideService(LongestWrite, -60))
  )

  check(
    "of another boot is not used, since a crash may have lost the ctime of a change",
    Effect.gen(function* () {
      const { app, home, metaOf, store, volumes } = yield* scene
      yield* store.refresh(app, volumes)
      fs.writeFileSync(join(home, "boot"), "another")
      yield* store.capture(app, request("s1", volumes))
      assert.strictEqual(metaOf("s1").format, 1)
    })
  )

  check(
    "whose place cannot be looked at hides only its own snapshot",
    Effect.gen(function* () {
      const { app, folder, metaOf, restore, store, take, volume, volumes } = yield* scene
      yield* take("s1")
      yield* store.seal(app, "s1")
      yield* take("s2")
      write(folder, { plain: "not a folder" })
      const meta = metaOf("s2")
      const mirror = join(folder, "plain/.lastgood/mirror/data")
      const archives = { [volume.name]: { ...meta.archives[volume.name], mirror } }
      fs.writeFileSync(join(app.dir, "snapshots/s2/meta.json"), JSON.stringify({ ...meta, archives }))
      assert.deepStrictEqual(
        (yield* store.list(app)).map(({ id }) => id),
        ["s1"]
      )
      yield* restore("s1", "a1")
      assert.strictEqual((yield* store.capture(makeApp(app.dir), request("s3", volumes))).format, 1)
    })
  )

  check(
    "is archived at low priority, but not while a rollback waits for it",
    Effect.gen(function* () {
      const { app, store, take, volumes } = yield* scene
      const tools: Array<string> = []
      const tracer = Tracer.make({
        span: (options) => {
          tools.push(options.name)
          return new Tracer.NativeSpan(options)
        }
      })
      const isLow = () => tools.splice(0).includes("lastgood.tool.nice")
      yield* take("s1")
      yield* store.archive(app, "s1").pipe(Effect.withTracer(tracer))
      assert.isTrue(isLow())
      yield* take("s2")
      yield* store.stage(app, { id: "s2", attempt: "a1", volumes }).pipe(Effect.withTracer(tracer))
      assert.isFalse(isLow())
    })
  )

  check(
    "is brought up to date no faster than `snapshot.prepare.bandwidth` allows",
    Effect.gen(function* () {
      const { app, store, volume, volumes } = yield* scene
      write(volume.path, { large: "x".repeat(3_000_000) })
      const slow = { ...app, snapshot: { ...app.snapshot, prepare: { bandwidth: 1_000_000 } } }
      const begun = performance.now()
      yield* store.refresh(slow, volumes)
      assert.isAtLeast(performance.now() - begun, 2000)
    })
  )

  it.live.skipIf(!canMount)("leaves no part of an archive on a full disk, whose space the app may need", () =>
    Effect.gen(function* () {
      const { folder, store } = yield* scene
      const disk = join(folder, "disk")
      yield* ext4At(disk)
      const app = withMirrors(makeApp(join(disk, "root/notes")))
      const volume = volumeWith(join(disk, "vol/_data"), { file: "x".repeat(30_000_000) })
      yield* store.refresh(app, [volume])
      yield* store.capture(app, request("s1", [volume]))
      const free = () => fs.statfsSync(disk).bavail * fs.statfsSync(disk).bsize
      execFileSync("fallocate", ["-l", String(free() - 15_000_000), join(disk, "filler")])
      const before = free()
      const failed = yield* Effect.flip(store.archive(app, "s1"))
      assert.deepStrictEqual([failed._tag, failed._tag === "SnapshotFailed" && failed.noRoom], ["SnapshotFailed", true])
      assert.isFalse(fs.existsSync(join(app.dir, "snapshots/s1", archiveFile(volume.name))))
      assert.isAbove(free(), before - 1_000_000)
      const unstaged = yield* Effect.flip(store.stage(app, { id: "s1", attempt: "a1", volumes: [volume] }))
      assert.strictEqual(unstaged._tag === "SnapshotFailed" && unstaged.full, app.dir)
      fs.rmSync(join(disk, "filler"))
      assert.strictEqual((yield* store.archive(app, "s1")).format, 1)
      assert.deepStrictEqual((yield* store.verify(app, "s1")).problems, [])
    }).pipe(Effect.provide(layer))
  )

  /** Verifies: LAW-14 */
  it.live.skipIf(!canMount)("is not made ahead of an upgrade that would not have the space", () =>
    Effect.gen(function* () {
      const { folder, store } = yield* scene
      const disk = join(folder, "disk")
      yield* ext4At(disk)
      const app = withMirrors(makeApp(join(disk, "root/notes")))
      const volume = volumeWith(join(disk, "vol/_data"), { file: "x".repeat(40_000_000) })
      const home = join(app.dir, "mirror", fileNameOf(volume.name))
      const free = () => fs.statfsSync(disk).bavail * fs.statfsSync(disk).bsize
      // Enough for the mirror, but not for the archive beside it.
      execFileSync("fallocate", ["-l", String(free() - 80_000_000), join(disk, "filler")])
      const before = free()
      yield* store.refresh(app, [volume], "ahead")
      assert.deepStrictEqual([fs.existsSync(home), free() > before - 1_000_000], [false, true])
      fs.rmSync(join(disk, "filler"))
      yield* store.refresh(app, [volume], "ahead")
      assert.isTrue(fs.existsSync(join(home, "manifest")))
    }).pipe(Effect.provide(layer))
  )

  it.live.skipIf(!canMount)("is counted as free inodes, because it gives way", () =>
    Effect.gen(function* () {
      const { folder, store } = yield* scene
      const disk = join(folder, "disk")
      yield* ext4At(disk)
      const app = withMirrors(makeApp(join(disk, "root/notes")))
      const files = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`file${i}`, "x"]))
      const volume = volumeWith(join(disk, "vol/_data"), files)
      yield* store.refresh(app, [volume])
      fs.mkdirSync(join(disk, "filler"))
      for (let i = fs.statfsSync(disk).ffree; i > 50; i--) fs.writeFileSync(join(disk, "filler", String(i)), "")
      yield* store.prepare(app, [volume])
      yield* store.removeMirrors(app, [volume])
      for (let i = fs.statfsSync(disk).ffree; i > 50; i--) fs.writeFileSync(join(disk, "filler", `more${i}`), "")
      const refused = yield* Effect.flip(store.prepare(app, [volume]))
      assert.match(refused.message, /free inodes/)
    }).pipe(Effect.provide(layer))
  )
})
