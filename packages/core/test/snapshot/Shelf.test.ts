import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { SnapshotStore } from "../../src/snapshot/SnapshotStore.ts"
import { layer } from "../../src/snapshot/TarSnapshots.ts"
import { makeApp, quiet, request, temporaryFolder, volumeWith, write } from "./fixture.ts"

const scene = Effect.gen(function* () {
  const folder = yield* temporaryFolder()
  const app = makeApp(join(folder, "root/notes"))
  const volume = volumeWith(join(folder, "volume"), { marker: "one" }, "notes_example_org_data")
  return { app, volume, volumes: [volume], store: yield* SnapshotStore }
}).pipe(Effect.provide(layer))

/** A snapshot as the seed wrote it. */
const writeSeed = (folder: string, volume: { readonly name: string; readonly path: string }) => {
  fs.mkdirSync(join(folder, "volumes"), { recursive: true })
  execFileSync("tar", ["-C", volume.path, "-cf", join(folder, "volumes", `${volume.name}.tar`), "."])
  const meta = {
    recipe: "notes",
    domain: "notes.example.org",
    commit: null,
    version: "0.9.0",
    volumes: [volume.name],
    ts: "2025-05-06T07:08:09Z"
  }
  fs.writeFileSync(join(folder, "meta.json"), JSON.stringify(meta))
}
const seed = "20250506T070809Z"

describe("Shelf: publishing", () => {
  /** Verifies: LAW-4 */
  it.live(
    "finishes a publication that was interrupted between its renames, and keeps the previous snapshot until then",
    () =>
      Effect.gen(function* () {
        const { app, volumes, store } = yield* scene
        const link = join(app.dir, "snapshot")
        yield* store.capture(app, request("s1", volumes))
        yield* store.capture(app, request("s2", volumes))
        assert.strictEqual(fs.readlinkSync(link), "snapshots/s2")
        // As after a kill between the second and the third rename of s2's publication.
        fs.renameSync(link, join(app.dir, ".snapshot.next"))
        fs.symlinkSync("snapshots/s1", link)
        assert.strictEqual(yield* store.current(app), "s1")
        yield* store.capture(app, request("s2", volumes))
        assert.strictEqual(yield* store.current(app), "s2")
        // As after a kill between the first and the second: the next one is named, and not there.
        fs.renameSync(join(app.dir, "snapshots/s2"), join(app.dir, "snapshots/.staging-s2"))
        fs.rmSync(link)
        fs.symlinkSync("snapshots/s1", link)
        fs.symlinkSync("snapshots/s2", join(app.dir, ".snapshot.next"))
        assert.strictEqual(yield* store.current(app), "s1")
        assert.deepStrictEqual(
          (yield* store.list(app)).map((meta) => meta.id),
          ["s1"]
        )
        yield* store.capture(app, request("s3", volumes))
        assert.strictEqual(yield* store.current(app), "s3")
        assert.deepStrictEqual(fs.readdirSync(join(app.dir, "snapshots")).sort(), ["s1", "s3"])
      })
  )

  it.live("does not move the link back if an older snapshot is published again", () =>
    Effect.gen(function* () {
      const { app, volumes, store } = yield* scene
      yield* store.capture(app, request("s1", volumes))
      yield* store.capture(app, request("s2", volumes))
      yield* store.capture(app, request("s1", volumes))
      assert.strictEqual(yield* store.current(app), "s2")
    })
  )

  it.live("does not list half-removed snapshots or those without an archive", () =>
    Effect.gen(function* () {
      const { app, volume, volumes, store } = yield* scene
      yield* store.capture(app, request("s1", volumes))
      yield* store.capture(app, request("s2", volumes))
      fs.cpSync(join(app.dir, "snapshots/s1"), join(app.dir, "snapshots/.trash-s0"), { recursive: true })
      fs.rmSync(join(app.dir, "snapshots/s1/volumes", `${volume.name}.tar`))
      assert.deepStrictEqual(
        (yield* store.list(app)).map((meta) => meta.id),
        ["s2"]
      )
      assert.deepStrictEqual((yield* store.verify(app, "s1")).problems, [`volumes/${volume.name}.tar: missing`])
    })
  )

  it.live("refuses a link that leads elsewhere instead of replacing it", () =>
    Effect.gen(function* () {
      const { app, volumes, store } = yield* scene
      fs.mkdirSync(app.dir, { recursive: true })
      fs.symlinkSync("/etc", join(app.dir, "snapshot"))
      assert.match((yield* Effect.flip(store.capture(app, request("s1", volumes)))).message, /points to \/etc/)
      assert.strictEqual(fs.readlinkSync(join(app.dir, "snapshot")), "/etc")
    })
  )

  it.live("reports other files in a snapshot, and an unreadable meta", () =>
    Effect.gen(function* () {
      const { app, volumes, store } = yield* scene
      yield* store.capture(app, request("s1", volumes))
      const folder = join(app.dir, "snapshots/s1")
      write(folder, { note: "x", "volumes/old.tar": "x" })
      assert.deepStrictEqual((yield* store.verify(app, "s1")).problems.toSorted(), [
        "note: not part of the snapshot",
        "volumes/old.tar: not part of the snapshot"
      ])
      write(folder, { "meta.json": '{"id": "s1"' })
      const { meta, problems } = yield* store.verify(app, "s1")
      assert.isNull(meta)
      assert.match(problems.join(), /meta.json: expected the description of a snapshot/)
      assert.deepStrictEqual(yield* store.list(app), [])
    })
  )
})

describe("Shelf: a root of the predecessor", () => {
  it.live("lists, verifies, seals and restores the predecessor's snapshot in place", () =>
    Effect.gen(function* () {
      const { app, volume, volumes, store } = yield* scene
      writeSeed(join(app.dir, "snapshot"), volume)
      write(volume.path, { marker: "two" })
      const [listed] = yield* store.list(app)
      assert.deepStrictEqual(
        [listed?.id, listed?.version, listed?.commit, listed?.archives[volume.name]?.key],
        [seed, "0.9.0", null, "data"]
      )
      assert.strictEqual(yield* store.current(app), seed)
      assert.deepStrictEqual((yield* store.verify(app, seed)).problems, [])
      const sealed = yield* store.seal(app, seed)
      assert.match(sealed.archives[volume.name]?.sha256 ?? "", /^[0-9a-f]{64}$/)
      assert.match(sealed.archives[volume.name]?.crc ?? "", /^\d+$/)
      yield* store.stage(app, { id: seed, attempt: "a1", volumes })
      yield* store.swap(app, { ...quiet, id: seed, attempt: "a1", volumes })
      assert.strictEqual(fs.readFileSync(join(volume.path, "marker"), "utf8"), "one")
      assert.isTrue(fs.lstatSync(join(app.dir, "snapshot")).isDirectory())
    })
  )

  /** Verifies: LAW-4 */
  it.live("moves the predecessor's folder to the snapshots at the next capture, without loss", () =>
    Effect.gen(function* () {
      const { app, volume, volumes, store } = yield* scene
      writeSeed(join(app.dir, "snapshot"), volume)
      fs.writeFileSync(join(app.dir, "last_good"), "0.9.0\n")
      yield* store.capture(app, request("s1", volumes))
      assert.strictEqual(fs.readlinkSync(join(app.dir, "snapshot")), "snapshots/s1")
      assert.deepStrictEqual(
        (yield* store.list(app)).map((meta) => meta.id),
        [seed, "s1"]
      )
      assert.deepStrictEqual((yield* store.verify(app, seed)).problems, [])
      assert.strictEqual(fs.readFileSync(join(app.dir, "last_good"), "utf8"), "0.9.0\n")
    })
  )

  it.live("finds the predecessor's snapshot after a kill during its swap or lastgood's move", () =>
    Effect.gen(function* () {
      const { app, volume, volumes, store } = yield* scene
      writeSeed(join(app.dir, ".snapshot.old"), volume)
      assert.strictEqual(yield* store.current(app), seed)
      fs.mkdirSync(join(app.dir, "snapshots"))
      fs.renameSync(join(app.dir, ".snapshot.old"), join(app.dir, "snapshots", seed))
      fs.symlinkSync(`snapshots/${seed}`, join(app.dir, ".snapshot.next"))
      assert.strictEqual(yield* store.current(app), seed)
      assert.match((yield* Effect.flip(store.remove(app, seed))).message, /points to/)
      yield* store.capture(app, request("s1", volumes))
      assert.deepStrictEqual(
        (yield* store.list(app)).map((meta) => meta.id),
        [seed, "s1"]
      )
    })
  )

  it.live("keeps an unreadable folder of the predecessor, and still captures", () =>
    Effect.gen(function* () {
      const { app, volume, volumes, store } = yield* scene
      writeSeed(join(app.dir, "snapshot"), volume)
      write(join(app.dir, "snapshot"), { "meta.json": "garbage" })
      assert.deepStrictEqual([yield* store.list(app), yield* store.current(app)], [[], null])
      yield* store.capture(app, request("s1", volumes))
      const kept = fs.readdirSync(join(app.dir, "snapshots")).find((name) => name.startsWith("unreadable-"))
      assert.isTrue(fs.existsSync(join(app.dir, "snapshots", kept ?? "", "volumes", `${volume.name}.tar`)))
      assert.deepStrictEqual(
        (yield* store.list(app)).map((meta) => meta.id),
        ["s1"]
      )
    })
  )

  /** Verifies: LAW-3 */
  it.live("detects a truncated archive of the predecessor, and does not seal or stage it", () =>
    Effect.gen(function* () {
      const { app, volume, volumes, store } = yield* scene
      const folder = join(app.dir, "snapshot")
      writeSeed(folder, volume)
      fs.truncateSync(join(folder, "volumes", `${volume.name}.tar`), 1024)
      assert.match((yield* store.verify(app, seed)).problems.join(), /cut|not readable/)
      assert.strictEqual((yield* Effect.flip(store.seal(app, seed)))._tag, "SnapshotDamaged")
      const staged = yield* Effect.flip(store.stage(app, { id: seed, attempt: "a1", volumes }))
      assert.strictEqual(staged._tag, "SnapshotDamaged")
      assert.strictEqual(fs.readFileSync(join(volume.path, "marker"), "utf8"), "one")
    })
  )
})
