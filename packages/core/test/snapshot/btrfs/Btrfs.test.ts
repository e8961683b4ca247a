/** Volumes whose folders are subvolumes: a capture is a read-only snapshot, and a restore a writable one of it. */
import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import { describeTree, fillTree } from "../../../../../test/conformance/SnapshotTree.ts"
import { DataIdentity } from "../../../src/snapshot/DataIdentity.ts"
import * as FolderIdentity from "../../../src/snapshot/FolderIdentity.ts"
import { archiveFile, fileNameOf } from "../../../src/snapshot/Layout.ts"
import { SnapshotStore } from "../../../src/snapshot/SnapshotStore.ts"
import { layer } from "../../../src/snapshot/TarSnapshots.ts"
import {
  asFolder,
  makeApp,
  makeVolume,
  quiet,
  request,
  temporaryFolder,
  volumeWith,
  withEngine,
  withMirrors,
  write
} from "../fixture.ts"
import { filesystem, inFolder, missingFor } from "../mirror/mirror.ts"
import { btrfs, isSubvolume, makeSubvolume, subvolumesAt, withSubvolumes } from "./btrfs.ts"

const sceneOf = Effect.fnUntraced(function* (filters = {}) {
  const folder = yield* filesystem("btrfs")
  const app = withSubvolumes(makeApp(join(folder, "root/notes"), filters))
  const volume = makeVolume(join(folder, "volumes/data/_data"))
  makeSubvolume(volume.path)
  write(volume.path, { marker: "one", "deep/file": "x".repeat(10_000) })
  const volumes = [volume]
  const home = join(app.dir, "mirror", fileNameOf(volume.name))
  const tree = join(home, "tree")
  const archive = (id: string) => join(app.dir, "snapshots", id, archiveFile(volume.name))
  const marker = () => fs.readFileSync(join(volume.path, "marker"), "utf8")
  const store = yield* SnapshotStore
  const take = (id: string) =>
    Effect.gen(function* () {
      yield* store.prepare(app, volumes)
      yield* store.refresh(app, volumes)
      return yield* store.capture(app, request(id, volumes))
    })
  const restore = (id: string, attempt: string) =>
    Effect.andThen(store.stage(app, { id, attempt, volumes }), store.swap(app, { ...quiet, id, attempt, volumes }))
  /** Changes the snapshot of the volume, as an operator can. */
  const tamper = (change: () => void, isReadOnlyAfter = true) => {
    btrfs("property", "set", tree, "ro", "false")
    change()
    if (isReadOnlyAfter) btrfs("property", "set", tree, "ro", "true")
  }
  return { folder, app, volume, volumes, home, tree, archive, marker, store, take, restore, tamper }
})

const scene = sceneOf()

/** The volume was restored from the snapshot, and not from the archive. */
const isFromSnapshot = (path: string, tree: string): boolean => {
  const uuidOf = (of: string, name: string) =>
    new RegExp(`\\t${name}:\\s+(\\S+)`).exec(btrfs("subvolume", "show", of))?.[1]
  return uuidOf(path, "Parent UUID") === uuidOf(tree, "UUID")
}

/** The programs that are started with this tracer. */
const toolsSeen = () => {
  const tools = new Set<string>()
  const tracer = Tracer.make({
    span: (options) => {
      if (options.name.startsWith("lastgood.tool.")) tools.add(options.name.slice("lastgood.tool.".length))
      return new Tracer.NativeSpan(options)
    }
  })
  return { tools, tracer }
}

const missing = missingFor("btrfs")
const check = (title: string, body: Effect.Effect<void, unknown, SnapshotStore | Scope.Scope>) =>
  it.live.skipIf(missing !== "")(
    `${title}${missing === "" ? "" : ` (${missing})`}`,
    () => body.pipe(Effect.provide(layer)),
    {
      timeout: 120_000
    }
  )

describe("a volume that is a subvolume", () => {
  /** Verifies: LAW-4 */
  check(
    "is captured by a read-only snapshot, which is whole, listed and verified until its archive is made",
    Effect.gen(function* () {
      const { app, archive, home, store, take, tree, volume } = yield* scene
      const meta = yield* take("s1")
      assert.deepStrictEqual([meta.format, fs.existsSync(archive("s1")), isSubvolume(tree)], [2, false, true])
      assert.throws(() => fs.writeFileSync(join(tree, "marker"), "two"), /EROFS/)
      assert.strictEqual(fs.readFileSync(join(home, "for"), "utf8"), "s1")
      assert.deepStrictEqual(
        (yield* store.list(app)).map(({ id }) => id),
        ["s1"]
      )
      assert.deepStrictEqual((yield* store.verify(app, "s1")).problems, [])
      write(volume.path, { marker: "two" })
      const sealed = yield* store.seal(app, "s1")
      assert.strictEqual(sealed.format, 1)
      assert.match(sealed.archives[volume.name]?.sha256 ?? "", /^[0-9a-f]{64}$/)
      assert.deepStrictEqual((yield* store.verify(app, "s1")).problems, [])
      assert.strictEqual(execFileSync("tar", ["-xOf", archive("s1"), "./marker"]).toString(), "one")
      // The next refresh removes it.
      yield* store.refresh(app, [volume])
      assert.isFalse(fs.existsSync(home))
    })
  )

  check(
    "is captured without a walk: only `btrfs` and `sync` run in the quiet window",
    Effect.gen(function* () {
      const { app, store, volumes } = yield* scene
      yield* store.refresh(app, volumes)
      const { tools, tracer } = toolsSeen()
      yield* store.capture(app, request("s1", volumes)).pipe(Effect.withTracer(tracer))
      assert.deepStrictEqual([...tools].toSorted(), ["btrfs", "sync"])
    })
  )

  /** Verifies: LAW-3, LAW-11 */
  check(
    "is restored by a writable snapshot, again and again, and stays a subvolume",
    Effect.gen(function* () {
      const { app, marker, restore, store, take, tree, volume, volumes } = yield* scene
      fillTree(volume.path)
      const before = describeTree(volume.path)
      yield* take("s1")
      for (const attempt of ["a1", "a2"]) {
        write(volume.path, { marker: attempt })
        fs.rmSync(join(volume.path, "deep"), { recursive: true })
        const [aside] = yield* restore("s1", attempt)
        assert.deepStrictEqual([marker(), describeTree(volume.path)], ["one", before])
        assert.isTrue(isFromSnapshot(volume.path, tree))
        assert.strictEqual(fs.readFileSync(join(aside?.path ?? "", "marker"), "utf8"), attempt)
        // Under the root: a subvolume can be renamed there.
        assert.strictEqual(aside?.path, join(app.dir, "aside", attempt, "data"))
      }
      for (const attempt of ["a1", "a2"]) yield* store.removeAside(app, attempt, volumes)
      assert.strictEqual(subvolumesAt(volume.path), 2)
      assert.isFalse(fs.existsSync(join(app.dir, "aside/a1")))
      assert.deepStrictEqual((yield* store.verify(app, "s1")).problems, [])
    })
  )

  /** Verifies: LAW-3, LAW-4 */
  check(
    "is restored without an archive, of which the background work ends, and with no file read or listed",
    Effect.gen(function* () {
      const { app, archive, marker, restore, store, take, tree, volume, volumes } = yield* scene
      inFolder(volume.path, "head -c 60M /dev/urandom > large")
      yield* take("s1")
      const background = yield* Effect.forkChild(store.archive(app, "s1"))
      while (!fs.existsSync(archive("s1"))) yield* Effect.sleep("5 millis")
      write(volume.path, { marker: "two" })
      for (const attempt of ["a1", "a2"]) {
        const { tools, tracer } = toolsSeen()
        yield* restore("s1", attempt).pipe(Effect.withTracer(tracer))
        assert.deepStrictEqual([...tools].toSorted(), ["btrfs", "rm", "sync"])
        assert.deepStrictEqual([marker(), isFromSnapshot(volume.path, tree)], ["one", true])
        write(volume.path, { marker: attempt })
        yield* store.removeAside(app, attempt, volumes)
      }
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(background)))
      assert.isFalse(fs.existsSync(archive("s1")))
      assert.strictEqual((yield* store.seal(app, "s1")).format, 1)
      assert.strictEqual(execFileSync("tar", ["-xOf", archive("s1"), "./marker"]).toString(), "one")
      assert.deepStrictEqual((yield* store.verify(app, "s1")).problems, [])
    })
  )

  /** Verifies: LAW-3, LAW-4 */
  check(
    "is restored on a full disk, on which its archive cannot be made",
    Effect.gen(function* () {
      const { app, folder, marker, restore, store, take, tree, volume } = yield* scene
      inFolder(volume.path, "head -c 60M /dev/urandom > large")
      yield* take("s1")
      write(volume.path, { marker: "two" })
      // With space for small files, which the reserve of the log gives.
      inFolder(
        folder,
        "dd if=/dev/zero of=filler bs=1M 2>/dev/null || true; truncate --size=-8M filler; sync --file-system ."
      )
      const failed = yield* Effect.flip(store.archive(app, "s1"))
      assert.match(failed.message, /No space left|Wrote only/)
      yield* restore("s1", "a1")
      assert.deepStrictEqual([marker(), isFromSnapshot(volume.path, tree)], ["one", true])
      // btrfs frees the space some time after.
      inFolder(folder, "rm filler; sync --file-system .")
      const sealed = yield* Effect.retry(store.seal(app, "s1"), Schedule.spaced("200 millis"))
      assert.strictEqual(sealed.format, 1)
    })
  )

  /** Verifies: LAW-3, LAW-4 */
  check(
    "is restored without an archive, also beside a volume with a mirror, which needs one",
    Effect.gen(function* () {
      const { archive, folder, marker, store, volume, ...scened } = yield* scene
      const app = withEngine("auto", scened.app)
      const other = makeVolume(join(folder, "volumes/other/_data"), "other")
      write(other.path, { marker: "one" })
      inFolder(other.path, "head -c 70M /dev/urandom > large")
      const volumes = [volume, other]
      yield* store.prepare(app, volumes)
      yield* store.refresh(app, volumes)
      const { archives } = yield* store.capture(app, request("s1", volumes))
      assert.deepStrictEqual(
        Object.keys(archives).filter((name) => archives[name]?.mirror !== undefined),
        ["data", "other"]
      )
      for (const { path } of volumes) write(path, { marker: "two" })
      yield* store.stage(app, { id: "s1", attempt: "a1", volumes })
      assert.isFalse(fs.existsSync(archive("s1")))
      yield* store.swap(app, { ...quiet, id: "s1", attempt: "a1", volumes })
      assert.deepStrictEqual([marker(), fs.readFileSync(join(other.path, "marker"), "utf8")], ["one", "one"])
      assert.strictEqual((yield* store.seal(app, "s1")).format, 1)
      assert.deepStrictEqual((yield* store.verify(app, "s1")).problems, [])
    })
  )

  /** Verifies: LAW-3 */
  check(
    "is restored from an archive that is made for it, if its snapshot cannot be put in",
    Effect.gen(function* () {
      const { app, archive, folder, marker, restore, store, take, tree, volume, volumes } = yield* scene
      yield* take("s1")
      write(volume.path, { marker: "two" })
      // A snapshot cannot be made in there: another filesystem.
      const staged = join(app.dir, "staged/a1/s1", fileNameOf(volume.name))
      fs.mkdirSync(staged, { recursive: true, mode: 0o700 })
      execFileSync("mount", ["-t", "tmpfs", "-o", "mode=0700", "lastgood-test", staged])
      yield* Effect.addFinalizer(() => Effect.sync(() => execFileSync("umount", ["--lazy", staged])))
      const { path } = volume
      yield* store.stage(app, { id: "s1", attempt: "a1", volumes })
      assert.isTrue(fs.existsSync(archive("s1")))
      assert.strictEqual(fs.readFileSync(join(staged, "tree/marker"), "utf8"), "one")
      assert.deepStrictEqual([marker(), isSubvolume(path), isSubvolume(tree)], ["two", true, true])
      yield* restore("s1", "a2")
      assert.strictEqual(marker(), "one")
      assert.strictEqual(subvolumesAt(folder), 3)
    })
  )

  /** Verifies: LAW-3 */
  check(
    "is restored from the archive, into a new subvolume, if its snapshot was changed or replaced",
    Effect.gen(function* () {
      const { app, folder, marker, restore, store, tamper, tree, volume } = yield* scene
      // Nothing in it changed after the snapshot.
      const older = join(folder, "older")
      write(volume.path, { marker: "zero" })
      btrfs("subvolume", "snapshot", "-r", volume.path, older)
      for (const [i, change] of [
        () => tamper(() => fs.writeFileSync(join(tree, "marker"), "ONE")),
        // The archive has synced it before, so that this is in memory only.
        () => tamper(() => fs.writeFileSync(join(tree, "deep/file"), "y", { flag: "r+" })),
        () => tamper(() => fs.chmodSync(join(tree, "marker"), 0o600)),
        () => tamper(() => fs.rmSync(join(tree, "deep/file"))),
        () => tamper(() => undefined, false),
        () => {
          btrfs("subvolume", "delete", tree)
          btrfs("subvolume", "snapshot", "-r", older, tree)
        },
        () => {
          btrfs("subvolume", "delete", tree)
          fs.mkdirSync(tree)
        }
      ].entries()) {
        const id = `s${i}`
        write(volume.path, { marker: "one" })
        yield* store.refresh(app, [volume])
        yield* store.capture(app, request(id, [volume]))
        // It is unchanged by that, and lastgood records as much.
        yield* restore(id, `b${i}`)
        yield* store.archive(app, id)
        write(volume.path, { marker: "two" })
        change()
        yield* restore(id, `a${i}`)
        const isWhole = fs.readFileSync(join(volume.path, "deep/file"), "utf8") === "x".repeat(10_000)
        assert.deepStrictEqual([marker(), isWhole], ["one", true], `${i}`)
        assert.isTrue(isSubvolume(volume.path))
        assert.isFalse(fs.existsSync(tree) && isFromSnapshot(volume.path, tree))
      }
    })
  )

  /** Verifies: LAW-4 */
  check(
    "whose snapshot was changed before its archive was made has a damaged snapshot, and nothing is touched",
    Effect.gen(function* () {
      const { app, marker, store, take, tamper, tree, volume, volumes } = yield* scene
      yield* take("s1")
      tamper(() => fs.writeFileSync(join(tree, "marker"), "ONE"))
      write(volume.path, { marker: "two" })
      assert.match((yield* store.verify(app, "s1")).problems.join(), /changed after it was captured: "\.\/marker"/)
      const failed = yield* Effect.flip(store.stage(app, { id: "s1", attempt: "a1", volumes }))
      assert.deepStrictEqual([failed._tag, marker()], ["SnapshotDamaged", "two"])
    })
  )

  /** Verifies: LAW-15 */
  check(
    "is another one after it was replaced by a snapshot of it, and after a restore",
    Effect.gen(function* () {
      const { app, folder, restore, take, volume, volumes } = yield* scene
      const identity = Effect.map(
        Effect.flatMap(DataIdentity, (port) => port.look(app, volumes)),
        ([seen]) => seen?.inode ?? ""
      ).pipe(Effect.provide(FolderIdentity.layer))
      const before = yield* identity
      assert.match(before, /^256@\d+@[0-9a-f-]{36}$/)
      assert.strictEqual(yield* identity, before)
      yield* take("s1")
      const restored = yield* Effect.andThen(restore("s1", "a1"), identity)
      btrfs("subvolume", "snapshot", volume.path, join(folder, "copy"))
      fs.renameSync(volume.path, join(folder, "old"))
      fs.renameSync(join(folder, "copy"), volume.path)
      const replaced = yield* identity
      assert.deepStrictEqual(new Set([before, restored, replaced]).size, 3)
      assert.deepStrictEqual(replaced.split("@").slice(0, 2), before.split("@").slice(0, 2))
      // As far as an attempt that has not recorded its restore yet can tell.
      const failed = yield* Effect.flip(restore("s1", "a1"))
      assert.match(failed.message, /the data that was restored to .* is missing/)
      fs.renameSync(volume.path, join(folder, "copy"))
      fs.renameSync(join(folder, "old"), volume.path)
      yield* restore("s1", "a1")
      // By an older lastgood.
      const mark = join(app.dir, "staged/a1/s1", fileNameOf(volume.name), "swapped")
      fs.writeFileSync(mark, "256 held")
      yield* restore("s1", "a1")
      fs.writeFileSync(mark, "257 held")
      yield* Effect.flip(restore("s1", "a1"))
    })
  )

  check(
    "keeps its snapshot if `btrfs balance` moves all blocks",
    Effect.gen(function* () {
      const { folder, marker, restore, store, app, take, tree, volume } = yield* scene
      const generation = () => /Generation:\s+(\d+)/.exec(btrfs("subvolume", "show", tree))?.[1]
      const balance = () => {
        const before = generation()
        btrfs("balance", "start", "--full-balance", folder)
        fs.writeFileSync(join(folder, "other"), "")
        btrfs("filesystem", "sync", folder)
        assert.notStrictEqual(generation(), before)
      }
      yield* take("s1")
      balance()
      yield* store.archive(app, "s1")
      balance()
      write(volume.path, { marker: "two" })
      yield* restore("s1", "a1")
      assert.deepStrictEqual([marker(), isFromSnapshot(volume.path, tree)], ["one", true])
    })
  )

  /** Verifies: LAW-4 */
  check(
    "whose snapshot is the only copy of another is captured as an archive, until the next refresh archives that one",
    Effect.gen(function* () {
      const { app, archive, marker, restore, store, take, tree, volume, volumes } = yield* scene
      yield* take("s1")
      write(volume.path, { marker: "two" })
      const second = yield* store.capture(app, request("s2", volumes))
      assert.deepStrictEqual([second.format, fs.existsSync(archive("s2"))], [1, true])
      assert.strictEqual(fs.readFileSync(join(tree, "marker"), "utf8"), "one")
      assert.deepStrictEqual((yield* store.verify(app, "s1")).problems, [])
      const third = yield* take("s3")
      assert.deepStrictEqual([third.format, fs.existsSync(archive("s1"))], [2, true])
      yield* restore("s1", "a1")
      assert.strictEqual(marker(), "one")
      assert.deepStrictEqual((yield* store.verify(app, "s3")).problems, [])
      assert.isTrue(isSubvolume(volume.path))
    })
  )

  /** Verifies: LAW-11 */
  check(
    "is captured with what a process stored to a mapped page and did not sync",
    Effect.gen(function* () {
      const { store, app, tree, volume, volumes } = yield* scene
      inFolder(volume.path, "head -c 4096 /dev/zero > mapped")
      yield* store.refresh(app, volumes)
      const writer = `
import mmap, os, signal
file = open("mapped", "r+b")
memory = mmap.mmap(file.fileno(), 4096)
memory[0:5] = b"again"
os.kill(os.getpid(), signal.SIGKILL)
`
      inFolder(volume.path, `python3 -c '${writer}' || true`)
      assert.strictEqual(inFolder(volume.path, "head -c 5 mapped"), "again")
      yield* store.capture(app, request("s1", volumes))
      assert.strictEqual(inFolder(tree, "head -c 5 mapped"), "again")
    })
  )

  /** Verifies: LAW-11 */
  check(
    "with another subvolume inside is captured as an archive, which contains that one too",
    Effect.gen(function* () {
      const { app, marker, restore, store, volume, volumes } = yield* scene
      yield* store.refresh(app, volumes)
      // After everything was prepared: only the capture can find it.
      makeSubvolume(join(volume.path, "deep/inner"))
      write(volume.path, { "deep/inner/file": "inner" })
      const [engine] = yield* store.engines(app, volumes)
      assert.strictEqual(engine?.name, "tar")
      assert.match(engine?.why ?? "", /^the subvolume "volumes\/data\/_data\/deep\/inner" is inside it/)
      const meta = yield* store.capture(app, request("s1", volumes))
      assert.strictEqual(meta.format, 1)
      write(volume.path, { marker: "two", "deep/inner/file": "changed" })
      yield* restore("s1", "a1")
      assert.deepStrictEqual(
        [marker(), fs.readFileSync(join(volume.path, "deep/inner/file"), "utf8")],
        ["one", "inner"]
      )
      assert.isTrue(isSubvolume(volume.path))
      yield* store.removeAside(app, "a1", volumes)
      assert.strictEqual(subvolumesAt(volume.path), 1)
      assert.strictEqual((yield* store.engines(app, volumes))[0]?.name, "btrfs")
    })
  )

  /** Verifies: LAW-13 */
  check(
    "is removed with the subvolumes that the app made in it, whatever their names, and no others",
    Effect.gen(function* () {
      const { app, folder, restore, store, take, volume, volumes } = yield* scene
      const outside = join(folder, "outside")
      makeSubvolume(outside)
      fs.writeFileSync(join(outside, "theirs"), "")
      // Deno cannot open a name that is not UTF-8: such a subvolume is set aside there until somebody deletes it.
      const noText = "Deno" in globalThis ? "text" : "\\377\\376"
      const id = /Subvolume ID:\s+(\d+)/.exec(btrfs("subvolume", "show", outside))?.[1]
      yield* take("s1")
      inFolder(
        volume.path,
        `ln -s "${outside}" link; mkdir plain; ln -s "${outside}" plain/link
         for at in "$(printf 'a\\nID ${id} gen 1 top level 5 path x')" "$(printf '${noText}')" plain/b plain/b/c; do
           btrfs subvolume create "$at"; echo x > "$at/file"; ln -s "${outside}" "$at/link"
         done
         btrfs subvolume snapshot -r plain/b plain/read-only; chattr +i plain/b/file`
      )
      assert.strictEqual(subvolumesAt(folder), 9)
      yield* restore("s1", "a1")
      yield* store.removeAside(app, "a1", volumes)
      assert.isFalse(fs.existsSync(join(app.dir, "aside")) && fs.readdirSync(join(app.dir, "aside")).length > 0)
      assert.deepStrictEqual(fs.readdirSync(outside), ["theirs"])
      // That one, the snapshot, and the volume.
      assert.strictEqual(subvolumesAt(folder), 3)
    })
  )

  check(
    "keeps its data set aside by a restore when the settings ask for archives, until it is removed",
    Effect.gen(function* () {
      const { app: asking, folder, marker, store, volume, volumes } = yield* scene
      const app = makeApp(asking.dir)
      yield* store.capture(app, request("s1", volumes))
      write(volume.path, { marker: "two" })
      yield* store.stage(app, { id: "s1", attempt: "a1", volumes })
      yield* store.unstage(app, "a1", volumes)
      assert.strictEqual(subvolumesAt(folder), 1)
      yield* store.stage(app, { id: "s1", attempt: "a1", volumes })
      yield* store.swap(app, { ...quiet, id: "s1", attempt: "a1", volumes })
      assert.deepStrictEqual([marker(), isSubvolume(volume.path)], ["one", true])
      yield* store.removeAside(app, "a1", volumes)
      assert.strictEqual(subvolumesAt(folder), 1)
    })
  )

  check(
    "changes between engines, and loses no snapshot",
    Effect.gen(function* () {
      const { app, home, marker, restore, store, take, tree, volumes } = yield* scene
      yield* take("s1")
      const mirrored = withMirrors(app)
      yield* store.refresh(mirrored, volumes)
      const second = yield* store.capture(mirrored, request("s2", volumes))
      assert.deepStrictEqual([second.format, isSubvolume(tree)], [2, false])
      yield* take("s3")
      assert.isTrue(isSubvolume(tree))
      yield* store.refresh(makeApp(app.dir), volumes)
      assert.isFalse(fs.existsSync(home))
      for (const id of ["s1", "s2", "s3"]) {
        assert.deepStrictEqual((yield* store.verify(app, id)).problems, [])
        yield* restore(id, id)
        assert.strictEqual(marker(), "one")
      }
    })
  )
})

/** Verifies: LAW-14 */
describe("space on btrfs", () => {
  check(
    "is counted once for all subvolumes, of which each is another device",
    Effect.gen(function* () {
      const { app, folder, store } = yield* scene
      makeSubvolume(join(folder, "srv"))
      const volume = asFolder(volumeWith(join(folder, "srv/wiki"), { marker: "one" }))
      inFolder(volume.path, "head -c 20M /dev/urandom > large; sync --file-system .")
      assert.notStrictEqual(fs.statSync(volume.path).dev, fs.statSync(folder).dev)
      const { needBytes } = yield* store.prepare(app, [volume])
      // The archive, the tree of a rollback, and 64 MiB.
      assert.isAbove(needBytes, (20 + 20 + 64) << 20)
      yield* store.capture(makeApp(app.dir), request("s1", [volume]))
      const { others, snapshots } = yield* store.onFilesystemOf(app, volume.path, [
        join(folder, "root"),
        "/proc/version"
      ])
      assert.deepStrictEqual(
        [snapshots.map(({ id }) => id), others.map(({ path }) => path)],
        [["s1"], [join(folder, "root")]]
      )
    })
  )

  check(
    "that a deleted subvolume still has is waited for",
    Effect.gen(function* () {
      const { app: asking, folder, restore, store, volume, volumes } = yield* scene
      const app = makeApp(asking.dir)
      inFolder(volume.path, "head -c 60M /dev/urandom > large")
      yield* store.capture(app, request("s1", volumes))
      makeSubvolume(join(folder, "big"))
      inFolder(
        folder,
        "dd if=/dev/zero of=big/filler bs=1M 2>/dev/null || true; truncate --size=-8M big/filler; sync -f ."
      )
      const refused = yield* Effect.flip(store.stage(app, { id: "s1", attempt: "a1", volumes }))
      assert.match(refused.message, /not enough space to unpack/)
      btrfs("subvolume", "delete", join(folder, "big"))
      yield* restore("s1", "a1")
    })
  )
})

describe("a volume on btrfs whose folder is an ordinary one", () => {
  /** Verifies: LAW-3, LAW-11 */
  check(
    "is captured as an archive, `engines` says how to make it a subvolume, and a restore does",
    Effect.gen(function* () {
      const { app, folder, store } = yield* scene
      const volume = asFolder(volumeWith(join(folder, "srv/wiki"), { marker: "one" }))
      const volumes = [volume]
      fillTree(volume.path)
      const before = describeTree(volume.path)
      const [engine] = yield* store.engines(app, volumes)
      assert.deepStrictEqual(
        [engine?.name, engine?.why, engine?.next],
        [
          "tar",
          "its folder is not a subvolume",
          "a restore makes it one: lastgood promote notes --at-teardown, then lastgood restore notes"
        ]
      )
      yield* store.refresh(app, volumes)
      assert.strictEqual((yield* store.capture(app, request("s1", volumes))).format, 1)
      const again = { id: "s1", attempt: "a1", volumes, toSubvolumes: true }
      yield* store.stage(app, again)
      yield* store.swap(app, { ...again, ...quiet })
      assert.deepStrictEqual([isSubvolume(volume.path), describeTree(volume.path)], [true, before])
      assert.strictEqual((yield* store.engines(app, volumes))[0]?.name, "btrfs")
      yield* store.refresh(app, volumes)
      assert.strictEqual((yield* store.capture(app, request("s2", volumes))).format, 2)
      yield* store.removeAside(app, "a1", volumes)
      assert.isTrue(isSubvolume(volume.path))
    })
  )

  /** Verifies: LAW-11 */
  check(
    "or has a filter, is a mount, or is not beside the root, is captured as an archive",
    Effect.gen(function* () {
      const folder = yield* temporaryFolder()
      const disk = yield* filesystem("btrfs")
      const app = withSubvolumes(makeApp(join(folder, "root/notes"), { some: { include: [], exclude: ["cache/**"] } }))
      const store = yield* SnapshotStore
      const volumeAt = (path: string, name: string) => {
        if (path !== disk) makeSubvolume(path)
        return makeVolume(path, name)
      }
      const beside = asFolder(volumeAt(join(disk, "srv/data"), "data"))
      const ordinary = makeVolume(join(folder, "ordinary"), "ordinary")
      fs.mkdirSync(ordinary.path)
      const volumes = [
        volumeAt(join(disk, "some/_data"), "some"),
        volumeAt(join(disk, "other/_data"), "other"),
        ordinary
      ]
      const [whole, ...told] = (yield* store.engines(app, [makeVolume(disk, "disk"), ...volumes, beside])).map(
        ({ name, why }) => `${name}: ${why}`
      )
      assert.strictEqual(whole, "tar: its folder is a mount of its own")
      assert.deepStrictEqual(told, [
        "tar: a filter leaves files out",
        "tar: it is on another mount or subvolume than the root",
        "tar: its filesystem is not btrfs",
        "btrfs: kept beside the data"
      ])
      write(beside.path, { marker: "one" })
      yield* store.capture(app, request("s1", [beside]))
      write(beside.path, { marker: "two" })
      yield* store.stage(app, { id: "s1", attempt: "a1", volumes: [beside] })
      yield* store.swap(app, { ...quiet, id: "s1", attempt: "a1", volumes: [beside] })
      const tree = join(disk, "srv/.lastgood/mirror", fileNameOf(beside.name), "tree")
      assert.deepStrictEqual(
        [fs.readFileSync(join(beside.path, "marker"), "utf8"), isFromSnapshot(beside.path, tree)],
        ["one", true]
      )
      yield* store.removeAside(app, "a1", [beside])
      // Until its archive is made, the snapshot is the only copy.
      yield* store.archive(app, "s1")
      yield* store.removeMirrors(app, [beside])
      assert.deepStrictEqual(fs.readdirSync(join(disk, "srv")), ["data"])
    })
  )
})
