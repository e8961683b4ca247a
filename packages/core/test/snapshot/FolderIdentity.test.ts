import { execFileSync } from "node:child_process"
import { once } from "node:events"
import * as fs from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { DataIdentity } from "../../src/snapshot/DataIdentity.ts"
import { layer } from "../../src/snapshot/FolderIdentity.ts"
import { canMount, makeApp, makeVolume, mounted, temporaryFolder, volumeWith } from "./fixture.ts"

const mark = { app: "notes", mark: "a1", version: "1.0.0+1.0.0", at: "2026-03-01T03:00:00.000Z" }

const inFolder = Effect.gen(function* () {
  const folder = yield* temporaryFolder()
  const app = makeApp(join(folder, "root"))
  fs.mkdirSync(app.dir)
  return { folder, app, identity: yield* DataIdentity }
})

/** Verifies: LAW-15 */
describe("a data folder", () => {
  it.live("has the mark of the last attempt beside it, and is recognized as moved if both were copied", () =>
    Effect.gen(function* () {
      const { app, folder, identity } = yield* inFolder
      const volume = volumeWith(join(folder, "here/data"), { "a.db": "a" })
      yield* identity.mark(app, [volume], mark)
      fs.cpSync(join(folder, "here"), join(folder, "there"), { recursive: true })
      const [seen] = yield* identity.look(app, [makeVolume(join(folder, "there/data"))])
      assert.deepStrictEqual([seen?.mark, seen?.held, seen?.moved], [mark, true, true])
      assert.strictEqual(fs.statSync(join(folder, "there/.lastgood/marks/data.json")).mode & 0o777, 0o600)
      assert.isFalse((yield* identity.look(app, [volume]))[0]?.moved)
      assert.deepStrictEqual(fs.readdirSync(join(folder, "there/data")), ["a.db"])
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.live("shows each new mark, one that was put in place of it, and none once it is removed", () =>
    Effect.gen(function* () {
      const { app, folder, identity } = yield* inFolder
      const volume = volumeWith(join(folder, "here/data"), { "a.db": "a" })
      const look = Effect.map(identity.look(app, [volume]), ([seen]) => seen?.mark?.mark ?? null)
      yield* identity.mark(app, [volume], mark)
      assert.deepStrictEqual([yield* look, yield* look], ["a1", "a1"])
      yield* identity.mark(app, [volume], { ...mark, mark: "a2" })
      assert.deepStrictEqual([yield* look, yield* look], ["a2", "a2"])
      const path = join(folder, "here/.lastgood/marks/data.json")
      fs.writeFileSync(path, fs.readFileSync(path, "utf8").replace("a2", "another"))
      assert.strictEqual(yield* look, "another")
      fs.rmSync(path)
      assert.strictEqual(yield* look, null)
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.live("that is empty, missing or a file contains nothing, and reading it creates nothing", () =>
    Effect.gen(function* () {
      const { app, folder, identity } = yield* inFolder
      fs.mkdirSync(join(folder, "empty"))
      fs.writeFileSync(join(folder, "file"), "")
      const volumes = ["empty", "gone", "file"].map((name) => makeVolume(join(folder, name), name))
      const seen = yield* identity.look(app, volumes)
      assert.deepStrictEqual(
        seen.map(({ held, inode, mark }) => [held, inode !== null, mark]),
        [
          [false, true, null],
          [false, false, null],
          [false, false, null]
        ]
      )
      assert.deepStrictEqual(fs.readdirSync(folder).toSorted(), ["empty", "file", "root"])
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.live("with only sockets or pipes contains no data", () =>
    Effect.gen(function* () {
      const { folder, identity, app } = yield* inFolder
      const path = join(folder, "run")
      fs.mkdirSync(path)
      execFileSync("mkfifo", [join(path, "pipe")])
      const server = createServer().listen(join(path, "socket"))
      yield* Effect.promise(() => once(server, "listening"))
      const look = identity.look(app, [makeVolume(path, "run")])
      assert.deepStrictEqual(
        (yield* look).map(({ held }) => held),
        [false]
      )
      fs.writeFileSync(join(path, "row"), "")
      assert.deepStrictEqual(
        (yield* look).map(({ held }) => held),
        [true]
      )
      server.close()
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.live("is distinguished from a new folder in its place", () =>
    Effect.gen(function* () {
      const { app, folder, identity } = yield* inFolder
      const path = join(folder, "data")
      const [before] = yield* identity.look(app, [volumeWith(path, { a: "a" })])
      fs.renameSync(path, join(folder, "before"))
      const [after] = yield* identity.look(app, [volumeWith(path, { a: "a" })])
      assert.notStrictEqual(after?.inode, before?.inode)
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.skipIf(!canMount)(
    "that is a mount point is marked under the root, and is empty if it contains only lost+found",
    () =>
      Effect.gen(function* () {
        const { app, folder, identity } = yield* inFolder
        const path = join(folder, "disk")
        yield* mounted(path, 1)
        fs.mkdirSync(join(path, "lost+found"))
        const volume = makeVolume(path)
        yield* identity.mark(app, [volume], mark)
        const [seen] = yield* identity.look(app, [volume])
        assert.deepStrictEqual([seen?.mounted, seen?.held, seen?.mark], [true, false, mark])
        assert.isTrue(fs.existsSync(join(app.dir, "marks/data.json")))
      }).pipe(Effect.scoped, Effect.provide(layer), Effect.runPromise)
  )
})

const nobody = 65534

/** Verifies: LAW-13, LAW-17 */
describe("the folder of marks beside the data", () => {
  /** A data folder, and beside it a folder of somebody else's that holds a file of the mark's name. */
  const besideAnother = Effect.gen(function* () {
    const { app, folder, identity } = yield* inFolder
    const volume = volumeWith(join(folder, "home/data"), { "a.db": "a" })
    const strange = join(folder, "strange")
    fs.mkdirSync(join(strange, "marks"), { recursive: true })
    const files = [join(strange, "data.json"), join(strange, "marks/data.json")]
    for (const file of files) fs.writeFileSync(file, `${JSON.stringify({ ...mark, folder: "1" })}\n`)
    return { app, files, identity, own: join(folder, "home/.lastgood"), strange, volume }
  })

  for (const [what, place] of [
    ["it is a link", (own: string, strange: string) => fs.symlinkSync(strange, own)],
    [
      "the folder in it is a link",
      (own: string, strange: string) => {
        fs.mkdirSync(own)
        fs.symlinkSync(strange, join(own, "marks"))
      }
    ]
  ] as const) {
    it.live(`is not used if ${what}: nothing is read, written or removed there`, () =>
      Effect.gen(function* () {
        const { app, files, identity, own, strange, volume } = yield* besideAnother
        place(own, strange)
        const before = files.map((file) => fs.readFileSync(file, "utf8"))
        assert.isNull((yield* identity.look(app, [volume]))[0]?.mark)
        yield* identity.mark(app, [volume], { ...mark, mark: "b2" })
        assert.deepStrictEqual(
          files.map((file) => fs.existsSync(file) && fs.readFileSync(file, "utf8")),
          before
        )
        assert.deepStrictEqual(fs.readdirSync(strange).toSorted(), ["data.json", "marks"])
        assert.strictEqual((yield* identity.look(app, [volume]))[0]?.mark?.mark, "b2")
      }).pipe(Effect.scoped, Effect.provide(layer))
    )
  }

  for (const [what, give] of [
    ["belongs to another user", (own: string) => fs.chownSync(join(own, "marks"), nobody, nobody)],
    ["may be written by others", (own: string) => fs.chmodSync(own, 0o777)]
  ] as const) {
    it.live.skipIf(process.getuid?.() !== 0)(`has no mark if it ${what}`, () =>
      Effect.gen(function* () {
        const { app, identity, own, volume } = yield* besideAnother
        yield* identity.mark(app, [volume], mark)
        assert.isNotNull((yield* identity.look(app, [volume]))[0]?.mark)
        give(own)
        assert.isNull((yield* identity.look(app, [volume]))[0]?.mark)
        yield* identity.mark(app, [volume], { ...mark, mark: "b2" })
        assert.include(fs.readFileSync(join(own, "marks/data.json"), "utf8"), `"a1"`)
        assert.strictEqual((yield* identity.look(app, [volume]))[0]?.mark?.mark, "b2")
      }).pipe(Effect.scoped, Effect.provide(layer))
    )
  }
})
