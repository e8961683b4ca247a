/** What may lie where `meta.json`, the link and the folders of a snapshot belong, and what is said of it. */
import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { makeSelector } from "../../src/snapshot/Filter.ts"
import { makeChecker } from "../../src/snapshot/Listing.ts"
import { readMeta } from "../../src/snapshot/Meta.ts"
import { mountsIn } from "../../src/snapshot/Mounts.ts"
import { SnapshotStore } from "../../src/snapshot/SnapshotStore.ts"
import { layer } from "../../src/snapshot/TarSnapshots.ts"
import { isRoot, makeApp, paths, quiet, request, temporaryFolder, volumeWith, write } from "./fixture.ts"

const scene = Effect.gen(function* () {
  const store = yield* SnapshotStore
  const folder = yield* temporaryFolder()
  const app = makeApp(join(folder, "root/notes"))
  const volume = volumeWith(join(folder, "volume"), { marker: "good" })
  write(folder, { env: "SECRET=hush", outside: "not ours" })
  yield* store.capture(app, request("s1", [volume], join(folder, "env")))
  const snapshot = join(app.dir, "snapshots/s1")
  const file = join(snapshot, "meta.json")
  const meta = JSON.parse(fs.readFileSync(file, "utf8")) as Record<string, unknown> & { archives: { data: object } }
  return { store, folder, app, volume, snapshot, file, meta }
}).pipe(Effect.provide(layer))

const json = (value: unknown) => (path: string) => fs.writeFileSync(path, JSON.stringify(value))
const text = (value: string) => (path: string) => fs.writeFileSync(path, value)
type Meta = Effect.Success<typeof scene>["meta"]

const wrong: Readonly<Record<string, readonly [RegExp, (meta: Meta, folder: string) => (path: string) => void]>> = {
  nothing: [/no file/, () => () => undefined],
  "an empty file": [/meta.json/, () => text("")],
  "no JSON": [/meta.json/, () => text("{")],
  "a list": [/Expected object/, () => json([])],
  null: [/Expected object/, () => json(null)],
  "a fifo": [/is a pipe/, () => (path) => void execFileSync("mkfifo", [path])],
  "a symlink to what is good": [
    /is a link/,
    (meta, folder) => (path) => {
      json(meta)(join(folder, "good.json"))
      fs.symlinkSync(join(folder, "good.json"), path)
    }
  ],
  "a symlink to a device": [/is a link/, () => (path) => fs.symlinkSync("/dev/zero", path)],
  "a folder": [/is a folder/, () => (path) => fs.mkdirSync(path)],
  "a file of 4 GB": [
    /larger than 4096 KiB/,
    () => (path) => {
      fs.writeFileSync(path, "{")
      fs.truncateSync(path, 2 ** 32)
    }
  ],
  "another id": [/expected the id s1, found s2/, (meta) => json({ ...meta, id: "s2" })],
  "an id that is a path": [/expected the id s1, found ..\/x/, (meta) => json({ ...meta, id: "../x" })],
  "a format of the future": [/format/, (meta) => json({ ...meta, format: 2 })],
  "a number for a name": [/recipe/, (meta) => json({ ...meta, recipe: 7 })],
  "an object for a list": [/volumes/, (meta) => json({ ...meta, volumes: { length: 1 } })],
  "a volume that is a path": [
    /no usable archive for the volume "..\/x"/,
    (meta) =>
      json({ ...meta, volumes: ["../x"], archives: { "../x": { ...meta.archives.data, file: "volumes/../x.tar" } } })
  ],
  "a volume with a file elsewhere": [
    /no usable archive/,
    (meta) => json({ ...meta, archives: { data: { ...meta.archives.data, file: "../../../outside" } } })
  ],
  "a volume without an archive": [
    /no usable archive for the volume "constructor"/,
    (meta) => json({ ...meta, volumes: ["data", "constructor"] })
  ],
  "a volume that is named twice": [/listed twice/, (meta) => json({ ...meta, volumes: ["data", "data"] })],
  "an archive that no volume has": [
    /no usable archive for the volume "__proto__"/,
    (meta) =>
      text(
        JSON.stringify(meta).replace('"archives":{', `"archives":{"__proto__":${JSON.stringify(meta.archives.data)},`)
      )
  ],
  "an env file elsewhere": [/the env file "..\/..\/env"/, (meta) => json({ ...meta, env: "../../env" })],
  "a size that is none": [
    /bytes/,
    (meta) => json({ ...meta, archives: { data: { ...meta.archives.data, bytes: 1e300 } } })
  ],
  "a size below nothing": [
    /expected -1 bytes/,
    (meta) => json({ ...meta, archives: { data: { ...meta.archives.data, bytes: -1 } } })
  ],
  "a hundred thousand levels": [
    /meta.json/,
    (meta) => text(JSON.stringify({ ...meta, recipe: "@" }).replace('"@"', `${"[".repeat(1e5)}${"]".repeat(1e5)}`))
  ]
}

/** Verifies: LAW-13 */
describe("in place of meta.json", () => {
  for (const [what, [expected, put]] of Object.entries(wrong)) {
    it.live(`${what} is reported immediately, and nothing is staged`, () =>
      Effect.gen(function* () {
        const { store, folder, app, volume, file, meta } = yield* scene
        fs.rmSync(file)
        put(meta, folder)(file)
        const { problems } = yield* store.verify(app, "s1")
        assert.match(problems.join("\n"), expected)
        assert.isBelow(problems.join().length, 2000)
        const failed = yield* Effect.flip(store.stage(app, { id: "s1", attempt: "a1", volumes: [volume] }))
        assert.strictEqual(failed._tag, "SnapshotDamaged")
        assert.deepStrictEqual(yield* store.list(app), [])
        assert.deepStrictEqual(paths(volume.path), ["marker"])
        // And the app can still be snapshotted.
        yield* store.capture(app, request("s9", [volume]))
        assert.strictEqual(yield* store.current(app), "s9")
      })
    )
  }

  it.live("links and special files in a snapshot are refused, not followed", () =>
    Effect.gen(function* () {
      const { store, folder, app, volume, snapshot } = yield* scene
      const archive = join(snapshot, "volumes/data.tar")
      const replaced: ReadonlyArray<readonly [string, (path: string) => void, RegExp]> = [
        [archive, (path) => fs.symlinkSync(join(folder, "kept"), path), /data.tar: expected a file/],
        [archive, (path) => void execFileSync("mkfifo", [path]), /data.tar: expected a file/],
        [join(snapshot, "volumes"), (path) => fs.symlinkSync(join(folder, "kept"), path), /volumes: expected a folder/],
        [join(snapshot, "env"), (path) => fs.symlinkSync(join(folder, "outside"), path), /env: expected a file/]
      ]
      for (const [path, put, expected] of replaced) {
        fs.renameSync(path, join(folder, "kept"))
        put(path)
        assert.match((yield* store.verify(app, "s1")).problems.join("\n"), expected)
        assert.strictEqual(
          (yield* Effect.flip(store.stage(app, { id: "s1", attempt: "a1", volumes: [volume] })))._tag,
          "SnapshotDamaged"
        )
        if (path.endsWith("env"))
          assert.match((yield* Effect.flip(store.envFile(app, "s1"))).message, /env: expected a file/)
        fs.rmSync(path)
        fs.renameSync(join(folder, "kept"), path)
      }
      assert.deepStrictEqual((yield* store.verify(app, "s1")).problems, [])
    })
  )

  it.live("leftovers and links of any kind are removed or refused, never followed or waited for", () =>
    Effect.gen(function* () {
      const { store, folder, app, volume } = yield* scene
      write(join(folder, "kept"), { precious: "not ours" })
      fs.symlinkSync(join(folder, "kept"), join(app.dir, "snapshots/.staging-s0"))
      execFileSync("mkfifo", [join(app.dir, "snapshots/.trash-s0")])
      execFileSync("mkfifo", [join(app.dir, "snapshots/fifo")])
      fs.symlinkSync(join(folder, "kept"), join(app.dir, "snapshots/link"))
      fs.mkdirSync(join(app.dir, "staged"))
      fs.symlinkSync(join(folder, "kept"), join(app.dir, "staged/a1"))
      yield* store.capture(app, request("s2", [volume]))
      assert.deepStrictEqual(
        (yield* store.list(app)).map(({ id }) => id),
        ["s1", "s2"]
      )
      assert.match(
        (yield* Effect.flip(store.stage(app, { id: "s1", attempt: "a1", volumes: [volume] }))).message,
        /a1 is not lastgood's/
      )
      fs.rmSync(join(app.dir, "snapshot"))
      execFileSync("mkfifo", [join(app.dir, "snapshot")])
      assert.isNull(yield* store.current(app))
      assert.deepStrictEqual(paths(join(folder, "kept")), ["precious"])
    })
  )

  it.live("a volume may be named like a property of every object", () =>
    Effect.gen(function* () {
      const { store, folder, app, volume } = yield* scene
      const odd = volumeWith(join(folder, "odd"), { made: "by the failed version" }, "constructor")
      const restore = { ...quiet, id: "s1", attempt: "a1", volumes: [volume, odd] }
      yield* store.prepare(app, [volume, odd])
      yield* store.stage(app, restore)
      yield* store.swap(app, restore)
      assert.deepStrictEqual([paths(volume.path), paths(odd.path)], [["marker"], []])
      const meta = yield* store.capture(app, request("s2", [volume, odd]))
      assert.deepStrictEqual(Object.keys(meta.archives).sort(), ["constructor", "data"])
    })
  )

  it.live.skipIf(!isRoot)(
    "an env file that is not a regular file, or is too large, fails the capture and leaves nothing",
    () =>
      Effect.gen(function* () {
        const { store, folder, app, volume } = yield* scene
        execFileSync("mkfifo", [join(folder, "fifo")])
        fs.writeFileSync(join(folder, "huge"), "")
        fs.truncateSync(join(folder, "huge"), 2 ** 33)
        for (const name of ["fifo", "huge", "none"]) {
          const failed = yield* Effect.flip(store.capture(app, request("s2", [volume], join(folder, name))))
          assert.match(failed.message, /the env file .* cannot be kept/)
          assert.include(failed.message, name)
        }
        assert.deepStrictEqual(fs.readdirSync(join(app.dir, "snapshots")), ["s1"])
      })
  )
})

/** Verifies: LAW-13 */
describe("parsers of untrusted text only fail with their own error", () => {
  const key = Schema.Literals([
    "recipe",
    "domain",
    "commit",
    "version",
    "ts",
    "volumes",
    "format",
    "id",
    "app",
    "runtime",
    "stack",
    "env",
    "archives",
    "__proto__"
  ])
  it.live("the decoder of meta.json", () =>
    Effect.gen(function* () {
      const { app, snapshot, file, meta } = yield* scene
      const values: ReadonlyArray<unknown> = [
        0,
        -1,
        "",
        "../x",
        "\0",
        [],
        {},
        null,
        true,
        [null],
        { data: null },
        { data: {} }
      ]
      for (const at of key.literals) {
        for (const value of values) {
          fs.writeFileSync(file, JSON.stringify({ ...meta, [at]: value }))
          const exit = yield* Effect.exit(readMeta(app, snapshot))
          if (exit._tag === "Failure")
            assert.isTrue(
              exit.cause.reasons.every((reason) => reason._tag === "Fail"),
              `${at} ${value}`
            )
        }
      }
      const whole = JSON.stringify(meta)
      for (let cut = 0; cut < whole.length; cut += 7) {
        fs.writeFileSync(file, whole.slice(0, cut) + whole.slice(cut + 3))
        const exit = yield* Effect.exit(readMeta(app, snapshot))
        if (exit._tag === "Failure") assert.isTrue(exit.cause.reasons.every((reason) => reason._tag === "Fail"))
      }
    })
  )
  it.prop("the checker of a listing", [Schema.Array(Schema.String)], ([lines]) => {
    const check = makeChecker()
    for (const line of lines) {
      check.line(line)
      check.line(`block 0: -rw-r--r-- 0/0 1 2000-01-01 00:00 ${JSON.stringify(line)}`)
    }
    assert.isAbove(check.problems().length, 0)
  })
  it.prop("the table of mounts", [Schema.String, Schema.String], ([table, path]) => {
    const mounts = mountsIn(`1 2 3:4 / ${table}\n${table}`)
    assert.isBoolean(mounts.isMountPoint(path))
    assert.isArray(mounts.below(path))
    assert.isString(mounts.holding(path))
  })
  it.prop("the selector of paths", [Schema.Array(Schema.String), Schema.Array(Schema.String)], ([globs, names]) => {
    const select = makeSelector({ include: globs, exclude: globs.slice(1) })
    for (const name of names) assert.isArray(select(Buffer.from(name)))
  })
})
