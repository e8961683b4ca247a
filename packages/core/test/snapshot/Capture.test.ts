import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import { Progress } from "../../src/process/Progress.ts"
import { archiveFile, snapshotOf, stagingOf } from "../../src/snapshot/Layout.ts"
import { SnapshotStore } from "../../src/snapshot/SnapshotStore.ts"
import { layer } from "../../src/snapshot/TarSnapshots.ts"
import {
  canMount,
  failureOf,
  makeApp,
  mounted,
  paths,
  quiet,
  request,
  temporaryFolder,
  volumeWith,
  write
} from "./fixture.ts"

const scene = Effect.gen(function* () {
  const folder = yield* temporaryFolder()
  const app = makeApp(join(folder, "root/notes"))
  const volume = volumeWith(join(folder, "volume"), { marker: "one", "deep/file": "two" })
  return { folder, app, volume, volumes: [volume], store: yield* SnapshotStore }
}).pipe(Effect.provide(layer))

describe("Capture", () => {
  it.live("writes plain tar archives, and a meta.json that the predecessor can read", () =>
    Effect.gen(function* () {
      const { folder, app, volumes, store } = yield* scene
      yield* store.capture(app, request("s1", volumes))
      const out = join(folder, "by-hand")
      fs.mkdirSync(out)
      execFileSync("tar", ["-C", out, "-xf", join(app.dir, "snapshot/volumes/data.tar")])
      assert.deepStrictEqual(paths(out), ["deep/", "deep/file", "marker"])
      const listed = execFileSync("tar", ["-tvf", join(app.dir, "snapshot/volumes/data.tar")]).toString()
      const owner = fs.statSync(join(out, "marker"))
      // Owners by number: the names may belong to somebody else where it is unpacked.
      for (const line of listed.trim().split("\n")) assert.include(line, ` ${owner.uid}/${owner.gid} `)
      const meta = JSON.parse(fs.readFileSync(join(app.dir, "snapshot/meta.json"), "utf8"))
      const { recipe, domain, commit, version, ts, volumes: names } = meta
      assert.deepStrictEqual(
        { recipe, domain, commit, version, ts, names },
        {
          recipe: "notes",
          domain: "notes.example.org",
          commit: "c0ffee",
          version: "1.0.0",
          ts: "2026-01-02T03:04:01.000Z",
          names: ["data"]
        }
      )
    })
  )

  /** Verifies: LAW-12 */
  it.live("writes files that only the owner can read, whatever the umask", () =>
    Effect.gen(function* () {
      const { folder, app, volumes, store } = yield* scene
      write(folder, { env: "SECRET=hush" })
      yield* store.capture(app, request("s1", volumes, join(folder, "env")))
      const modes = (all: ReadonlyArray<string>) => all.map((path) => fs.statSync(join(app.dir, path)).mode & 0o777)
      assert.deepStrictEqual(modes(["snapshots", "snapshots/s1", "snapshots/s1/volumes"]), [0o700, 0o700, 0o700])
      const files = ["meta.json", "env", "volumes/data.tar"].map((file) => `snapshots/s1/${file}`)
      assert.deepStrictEqual(modes(files), [0o600, 0o600, 0o600])
    })
  )

  it.live("writes the same archive for the same data", () =>
    Effect.gen(function* () {
      const { app, volumes, store } = yield* scene
      const first = yield* store.capture(app, request("s1", volumes))
      const second = yield* store.capture(app, request("s2", volumes))
      assert.strictEqual(first.archives["data"]?.crc, second.archives["data"]?.crc)
    })
  )

  /** Verifies: LAW-1 */
  it.live("fails and keeps nothing if something writes to the volume meanwhile", () =>
    Effect.gen(function* () {
      const { app, volume, volumes, store } = yield* scene
      const big = join(volume.path, "big")
      fs.writeFileSync(big, Buffer.alloc(160 << 20, 1))
      /** Writes once tar has read some of the file, if most of it is still to be read. */
      const write = Effect.fnUntraced(function* (archive: string) {
        const archived = () => fs.statSync(archive, { throwIfNoEntry: false })?.size ?? 0
        while (archived() < 1 << 20) yield* Effect.sleep("1 millis")
        if (archived() > 80 << 20) return false
        fs.appendFileSync(big, "more")
        return true
      })
      // On a busy machine the archive may be complete before this process gets its turn.
      for (let take = 1; take < 20; take++) {
        const id = `s${take}`
        const writing = yield* Effect.forkChild(write(join(stagingOf(app, id), archiveFile("data"))))
        const captured = yield* Effect.result(store.capture(app, request(id, volumes)))
        const wrote = yield* Fiber.interrupt(writing).pipe(Effect.andThen(Fiber.await(writing)))
        if (!Exit.isSuccess(wrote) || !wrote.value) continue
        assert.match(
          Result.isFailure(captured) ? captured.failure.message : "captured",
          /volume data changed while it was/
        )
        assert.isFalse(fs.existsSync(snapshotOf(app, id)))
        assert.isFalse(fs.existsSync(stagingOf(app, id)))
        return
      }
      assert.fail("each time the archive was complete before the write")
    })
  )

  it.live("applies the filter, records it in the meta, and keeps the metadata of parent folders", () =>
    Effect.gen(function* () {
      const { app, volume, volumes, store } = yield* scene
      const filtered = {
        ...app,
        snapshot: { ...app.snapshot, filters: { data: { include: [], exclude: ["cache/**", "*.tmp"] } } }
      }
      write(volume.path, { "cache/a": "x", "cache/b/c": "x", "x.tmp": "x", "deep/y.tmp": "kept", "-n\nl": "odd" })
      fs.linkSync(join(volume.path, "marker"), join(volume.path, "deep/again"))
      fs.chmodSync(join(volume.path, "deep"), 0o751)
      const meta = yield* store.capture(filtered, request("s1", volumes))
      assert.deepStrictEqual(meta.archives["data"]?.exclude, ["cache/**", "*.tmp"])
      assert.deepStrictEqual((yield* store.verify(filtered, "s1")).problems, [])
      yield* store.stage(filtered, { id: "s1", attempt: "a1", volumes })
      yield* store.swap(filtered, { ...quiet, id: "s1", attempt: "a1", volumes })
      assert.deepStrictEqual(paths(volume.path), [
        "-n\nl",
        "cache/",
        "deep/",
        "deep/again",
        "deep/file",
        "deep/y.tmp",
        "marker"
      ])
      assert.strictEqual(fs.statSync(join(volume.path, "deep")).mode & 0o777, 0o751)
      assert.strictEqual(fs.statSync(join(volume.path, "marker")).nlink, 2)
    })
  )

  it.live("reports its progress in bytes, and its end", () =>
    Effect.gen(function* () {
      const { app, volume, volumes, store } = yield* scene
      for (let i = 0; i < 60; i++) fs.writeFileSync(join(volume.path, `big${i}`), Buffer.alloc(4 << 20, i))
      const seen: Array<readonly [string, number, number]> = []
      const bytes = (what: string, done: number, total: number) =>
        Effect.sync(() => void seen.push([what, done, total]))
      const meta = yield* Effect.gen(function* () {
        yield* store.prepare(app, volumes)
        yield* store.capture(app, request("s1", volumes))
        return yield* store.seal(app, "s1")
      }).pipe(Effect.provideService(Progress, { bytes }))
      const of = (what: string) => seen.filter(([name]) => name === what)
      for (const what of ["snapshot data", "seal volumes/data.tar"]) {
        const reports = of(what)
        const done = reports.map(([, value]) => value)
        assert.deepStrictEqual(
          done,
          done.toSorted((a, b) => a - b),
          what
        )
        const [, last, total] = reports.at(-1) ?? ["", 0, 1]
        assert.strictEqual(last, total, what)
        assert.isTrue(
          reports.slice(0, -1).every(([, value, all]) => value < all),
          what
        )
      }
      assert.isAbove(meta.archives["data"]?.bytes ?? 0, 60 * (4 << 20))
    })
  )

  /** Verifies: LAW-4 */
  it.live.skipIf(!canMount)("keeps the previous snapshot and removes its staging folder if the disk is full", () =>
    Effect.gen(function* () {
      const store = yield* SnapshotStore
      const folder = yield* temporaryFolder()
      yield* mounted(join(folder, "root"), 8)
      const app = makeApp(join(folder, "root/notes"))
      const volume = volumeWith(join(folder, "volume"), { marker: "one" })
      yield* store.capture(app, request("s1", [volume]))
      fs.writeFileSync(join(volume.path, "big"), Buffer.alloc(16 << 20, 7))
      const early = yield* Effect.flip(store.prepare(app, [volume]))
      assert.match(early.message, /MB free, expected \d+ MB \(snapshot, /)
      assert.match(early.next, /free space there, or put `root:` on another disk/)
      const failed = yield* failureOf(store.capture(app, request("s2", [volume])))
      assert.match(failed.message, /No space left|Wrote only/)
      assert.match(failed.next, /free space/)
      assert.deepStrictEqual(fs.readdirSync(join(app.dir, "snapshots")), ["s1"])
      assert.strictEqual(yield* store.current(app), "s1")
      assert.deepStrictEqual((yield* store.verify(app, "s1")).problems, [])
    }).pipe(Effect.provide(layer))
  )

  /** Verifies: LAW-14 */
  it.live.skipIf(!canMount)(
    "names the remedy for the disk of the data, which another disk for the root does not free",
    () =>
      Effect.gen(function* () {
        const store = yield* SnapshotStore
        const folder = yield* temporaryFolder()
        yield* mounted(join(folder, "disk"), 8)
        const volume = volumeWith(join(folder, "disk/volume"), { marker: "one" })
        const early = yield* Effect.flip(store.prepare(makeApp(join(folder, "root/notes")), [volume]))
        assert.match(early.message, /MB free, expected \d+ MB \(the tree for a rollback, and a margin\)/)
        assert.strictEqual(early.next, "free space there: a rollback unpacks the data beside itself")
      }).pipe(Effect.provide(layer))
  )
})
