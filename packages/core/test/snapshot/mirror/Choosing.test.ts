/** The engine that is chosen for a volume (`snapshot.engine: auto`), on real filesystems. */
import * as fs from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import type { EffectiveApp } from "../../../src/domain/App.ts"
import { fileNameOf } from "../../../src/snapshot/Layout.ts"
import { FirstPart } from "../../../src/snapshot/mirror/tree/Tree.ts"
import { SnapshotStore } from "../../../src/snapshot/SnapshotStore.ts"
import { layer } from "../../../src/snapshot/TarSnapshots.ts"
import { makeSubvolume } from "../btrfs/btrfs.ts"
import { asFolder, canMount, makeApp, makeVolume, mounted, request, temporaryFolder, withEngine } from "../fixture.ts"
import { filesystem, inFolder, missingFor } from "./mirror.ts"

const megabyte = 1024 * 1024

/** An app and its volume on one filesystem. @param megabytes of its data. */
const sceneIn = Effect.fnUntraced(function* (
  disk: string,
  megabytes: number,
  make = (path: string) => void fs.mkdirSync(path, { recursive: true })
) {
  const app = withEngine("auto", makeApp(join(disk, "root/notes")))
  const volume = makeVolume(join(disk, "volumes/data/_data"))
  make(volume.path)
  if (megabytes > 0) fs.writeFileSync(join(volume.path, "large"), Buffer.alloc(megabytes * megabyte, "data"))
  fs.writeFileSync(join(volume.path, "marker"), "one")
  const store = yield* SnapshotStore
  const home = join(app.dir, "mirror", fileNameOf(volume.name))
  const chosen = (settings: EffectiveApp = app) => Effect.map(store.engines(settings, [volume]), (all) => all[0])
  const take = (id: string, settings: EffectiveApp = app) =>
    Effect.gen(function* () {
      yield* store.prepare(settings, [volume])
      yield* store.refresh(settings, [volume])
      const { archives } = yield* store.capture(settings, request(id, [volume]))
      return archives[volume.name]?.mirror === undefined ? "archive" : "mirror"
    })
  return { app, chosen, disk, home, isMade: () => fs.existsSync(join(home, "manifest")), store, take, volume }
})

const fill = (disk: string, file: string, megabytes: number) => inFolder(disk, `fallocate -l ${megabytes}M ${file}`)

/** More than a small volume has. */
const large = 70

const live = (
  title: string,
  missing: string,
  body: Effect.Effect<void, unknown, SnapshotStore | import("effect/Scope").Scope>
) =>
  it.live.skipIf(missing !== "")(
    missing === "" ? title : `${title} (${missing})`,
    () => body.pipe(Effect.provide(layer)),
    120_000
  )

describe("the engine that is chosen", () => {
  for (const kind of ["ext4", "xfs", "btrfs"]) {
    live(
      `on ${kind} is a mirror for a volume that is not small, and the snapshot is one of it`,
      missingFor(kind),
      Effect.gen(function* () {
        const { app, chosen, store, take, volume } = yield* sceneIn(yield* filesystem(kind), large)
        yield* store.prepare(app, [volume])
        const first = yield* chosen()
        assert.include(first, { name: "mirror", isUnused: false })
        assert.match(first?.why ?? "", /^73\.4 MB in 2 files; it is made while the app runs/)
        assert.strictEqual(/shares blocks/.test(first?.why ?? ""), kind !== "ext4")
        // The look at the filesystem leaves nothing behind.
        assert.deepStrictEqual(fs.readdirSync(app.dir), [])
        assert.strictEqual(yield* take("s1"), "mirror")
        assert.match((yield* chosen())?.why ?? "", /it is there/)
        assert.deepStrictEqual((yield* store.verify(app, "s1")).problems, [])
      })
    )
  }

  live(
    "is an archive for a small volume, of which no mirror is made",
    missingFor("ext4"),
    Effect.gen(function* () {
      const { chosen, home, take } = yield* sceneIn(yield* filesystem("ext4"), 1)
      assert.include(yield* chosen(), {
        name: "tar",
        why: "1.06 MB in 2 files, which an archive captures as fast as a mirror"
      })
      assert.strictEqual(yield* take("s1"), "archive")
      assert.isFalse(fs.existsSync(home))
    })
  )

  live(
    "is a mirror for many small files",
    missingFor("ext4"),
    Effect.gen(function* () {
      const { chosen, volume } = yield* sceneIn(yield* filesystem("ext4"), 0)
      inFolder(volume.path, "seq 6000 | xargs touch")
      assert.include(yield* chosen(), { name: "mirror" })
    })
  )

  live(
    "is a btrfs snapshot for a subvolume of any size",
    missingFor("btrfs"),
    Effect.gen(function* () {
      const { chosen, take } = yield* sceneIn(yield* filesystem("btrfs"), 1, makeSubvolume)
      assert.include(yield* chosen(), { name: "btrfs" })
      assert.strictEqual(yield* take("s1"), "mirror")
    })
  )

  live(
    "is an archive where a mirror cannot be kept, and says why",
    canMount ? "" : "no permission to mount",
    Effect.gen(function* () {
      const disk = join(yield* temporaryFolder(), "disk")
      yield* mounted(disk, 400)
      const { chosen, take } = yield* sceneIn(disk, large)
      assert.include(yield* chosen(), { name: "tar", why: "its filesystem is not ext4, xfs or btrfs" })
      assert.strictEqual(yield* take("s1"), "archive")
    })
  )

  live(
    "is an archive where a mirror would fill the disk, and says what to free",
    missingFor("ext4"),
    Effect.gen(function* () {
      const { app, chosen, disk, home, store, take, volume } = yield* sceneIn(yield* filesystem("ext4", "900M"), large)
      fill(disk, "other", 460)
      yield* store.prepare(app, [volume])
      const { name, why } = (yield* chosen()) ?? {}
      assert.strictEqual(name, "tar")
      assert.match(
        why ?? "",
        /^a mirror of 73\.4 MB and the next archive would fill its filesystem to \d+ %, more than 80 %; for one, free \S+ MB there$/
      )
      assert.strictEqual(yield* take("s1"), "archive")
      assert.isFalse(fs.existsSync(home))
      // As in a daemon's first look, which does not know the size yet.
      yield* Effect.gen(function* () {
        const other = yield* SnapshotStore
        fs.rmSync(join(app.dir, "snapshots"), { recursive: true })
        fs.rmSync(join(app.dir, "snapshot"))
        assert.include(yield* other.mirrors(app, [volume]), { count: 1 })
        yield* other.refresh(app, [volume], "ahead")
        assert.include(yield* other.mirrors(app, [volume]), { count: 0 })
      }).pipe(Effect.provide(Layer.fresh(layer)))
    })
  )

  live(
    "is an archive once there is no space for the mirror any more, which is removed",
    missingFor("ext4"),
    Effect.gen(function* () {
      const { app, chosen, disk, home, isMade, store, take, volume } = yield* sceneIn(
        yield* filesystem("ext4", "900M"),
        large
      )
      assert.strictEqual(yield* take("s1"), "mirror")
      yield* store.seal(app, "s1")
      // Too full for a new one, but it is there.
      fill(disk, "other", 420)
      yield* store.prepare(app, [volume])
      assert.include(yield* chosen(), { name: "mirror" })
      inFolder(disk, `avail=$(df --output=avail -m . | tail -n 1); fallocate -l $(( avail - 100 ))M more`)
      assert.include(yield* chosen(), { name: "tar", isUnused: true })
      assert.include(yield* store.mirrors(app, [volume]), { count: 0, isUnused: true })
      assert.isTrue(isMade())
      // As the daemon does it, although even without the mirror an upgrade has no space.
      yield* store.refresh(app, [volume], "ahead")
      assert.isFalse(fs.existsSync(home))
      assert.include(yield* store.mirrors(app, [volume]), { count: 0, isUnused: false })
      fs.rmSync(join(disk, "more"))
      assert.include(yield* chosen(), { name: "tar", isUnused: false })
      assert.strictEqual(yield* take("s2"), "archive")
    })
  )

  live(
    "is an archive in an upgrade that has no time for the first mirror, which is made ahead of the next",
    missingFor("ext4"),
    Effect.gen(function* () {
      const { app, chosen, home, isMade, store, take, volume } = yield* sceneIn(yield* filesystem("ext4"), large)
      const hurried = { ...app, deadlines: { ...app.deadlines, prefetchMs: 1000 } }
      yield* store.prepare(hurried, [volume])
      assert.include(yield* chosen(hurried), { name: "tar", isLater: true, isUnused: false })
      assert.strictEqual(yield* take("s1", hurried), "archive")
      assert.isFalse(fs.existsSync(home))
      // A copy that was interrupted stays.
      fs.mkdirSync(home, { recursive: true, mode: 0o700 })
      assert.strictEqual(yield* take("s2", hurried), "archive")
      assert.isTrue(fs.existsSync(home))
      assert.include(yield* store.mirrors(hurried, [volume]), { count: 1, refreshedAt: null })
      yield* store.refresh(hurried, [volume], "ahead")
      assert.isTrue(isMade())
      assert.include(yield* chosen(hurried), { name: "mirror" })
    })
  )

  live(
    "is not taken for made while a part of the first copy is missing",
    missingFor("ext4"),
    Effect.gen(function* () {
      const { app, chosen, home, isMade, store, take, volume } = yield* sceneIn(yield* filesystem("ext4"), 0)
      inFolder(volume.path, `seq ${large} | xargs -I{} dd if=/dev/urandom of={} bs=1M count=1 status=none`)
      const first = store.refresh(app, [volume], "ahead").pipe(Effect.provideService(FirstPart, 4 * megabyte))
      const copying = yield* Effect.forkChild(first)
      while (!isMade()) yield* Effect.sleep("5 millis")
      yield* Fiber.interrupt(copying)
      assert.isTrue(inFolder(home, "grep -ac '^!' manifest") !== "0")
      yield* store.prepare(app, [volume])
      const hurried = { ...app, deadlines: { ...app.deadlines, prefetchMs: 1000 } }
      assert.include(yield* chosen(hurried), { name: "tar", isLater: true, isUnused: false })
      assert.match((yield* chosen())?.why ?? "", /it is made while the app runs/)
      assert.strictEqual(yield* take("s1", hurried), "archive")
      yield* first
      assert.match((yield* chosen(hurried))?.why ?? "", /it is there/)
      assert.strictEqual(yield* take("s2"), "mirror")
      assert.deepStrictEqual((yield* store.verify(app, "s2")).problems, [])
    })
  )

  live(
    "counts the space of a btrfs once, in whichever subvolumes the volumes and the root are",
    missingFor("btrfs"),
    Effect.gen(function* () {
      const { app, disk, store } = yield* sceneIn(yield* filesystem("btrfs", "1300M"), 0)
      const volumes = ["one", "two"].map((name) => {
        makeSubvolume(join(disk, name))
        const volume = asFolder(makeVolume(join(disk, name, "data")))
        fs.mkdirSync(volume.path)
        inFolder(volume.path, `seq ${large} | xargs -I{} dd if=/dev/urandom of={} bs=1M count=1 status=none`)
        return volume
      })
      // Up to 256 MiB below the limit: the archives of both have space, and one mirror.
      inFolder(
        disk,
        `sync -f .; read -r used avail < <(df --block-size=1M --output=used,avail . | tail -n 1)
         fallocate -l $(( (used + avail) * 4 / 5 - used - 256 ))M other; sync -f .`
      )
      yield* store.prepare(app, volumes)
      const chosen = yield* store.engines(app, volumes)
      assert.deepStrictEqual(
        chosen.map(({ name }) => name),
        ["mirror", "tar"]
      )
      assert.match(chosen[1]?.why ?? "", /^a mirror of \S+ MB and the next archive would fill its filesystem/)
    })
  )
})
