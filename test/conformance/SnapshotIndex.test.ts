/**
 * Names, files and folders out of a snapshot, with and without an index, compared with the volume that was captured and with
 * GNU tar alone.
 */
import { execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import * as fs from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import type { Volume } from "@lastgood/core/domain/App"
import { memberOf, writeContent } from "@lastgood/core/snapshot/ArchivedFile"
import { extractTo } from "@lastgood/core/snapshot/ExtractTo"
import { writeIndex } from "@lastgood/core/snapshot/Index"
import { type IndexedArchive, membersOf } from "@lastgood/core/snapshot/Members"
import { volumesIn } from "@lastgood/core/snapshot/Reading"
import { SnapshotStore } from "@lastgood/core/snapshot/SnapshotStore"
import { layer } from "@lastgood/core/snapshot/TarSnapshots"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import * as Effect from "effect/Effect"
import { member, pax, root, tar } from "../../packages/core/test/snapshot/tarBytes.ts"
import { makeApp } from "./SnapshotSuite.ts"
import { describeTree, fillTree } from "./SnapshotTree.ts"

/** A sealed snapshot of a volume with every hard case. */
const sealed = Effect.gen(function* () {
  const folder = yield* temporaryFolder()
  const store = yield* SnapshotStore
  const app = makeApp(join(folder, "root/notes"))
  const path = join(folder, "vol/_data")
  fs.mkdirSync(path, { recursive: true })
  fillTree(path)
  const volumes: ReadonlyArray<Volume> = [
    { kind: "volume", name: "data", key: "data", path, driver: "local", options: {}, labels: {}, created: null }
  ]
  const of = { version: "1.0.0", commit: "c0ffee" }
  const ts = "2026-01-02T03:04:05.000Z"
  yield* store.capture(app, { id: "s1", of, ts, envFile: null, volumes, stillQuiet: Effect.void })
  yield* store.seal(app, "s1")
  const [archive] = yield* volumesIn(app, "s1")
  if (archive === undefined) throw new Error("the snapshot has no volume")
  return { app, archive, folder, path, store }
})

/** The content of a file in an archive. `indexed`: whether the index was used. */
const contentOf = (archive: IndexedArchive, name: string) =>
  Effect.gen(function* () {
    const found = yield* memberOf(archive, name)
    const to = join(yield* temporaryFolder(), "content")
    const fd = fs.openSync(to, "w")
    yield* writeContent(archive.path, found, fd)
    fs.closeSync(fd)
    return { indexed: found.indexed, content: fs.readFileSync(to) }
  })

/** SHA-256 of the files of a volume by relative path, bytes as latin1. By coreutils: Deno opens no name that is not UTF-8. */
const checksumsOf = (path: string): ReadonlyMap<string, string> =>
  new Map(
    execFileSync("find", [".", "-type", "f", "-exec", "sha256sum", "--zero", "--", "{}", "+"], { cwd: path })
      .toString("latin1")
      .split("\0")
      .filter((line) => line !== "")
      .map((line) => [line.slice("  ./".length + 64), line.slice(0, 64)])
  )

/** Bytes that this process has read from files and pipes. */
const bytesRead = (): number => Number(/^rchar: (\d+)$/m.exec(fs.readFileSync("/proc/self/io", "utf8"))?.[1])

describe("one file out of a snapshot", () => {
  /** Verifies: LAW-11 */
  it.live("has the content that was captured, whatever its name, links, holes and attributes", () =>
    Effect.gen(function* () {
      const { archive, path } = yield* sealed
      const checksums = checksumsOf(path)
      assert.isAbove(checksums.size, 30)
      for (const [name, checksum] of checksums) {
        const { content, indexed } = yield* contentOf(archive, name)
        assert.isTrue(indexed, name)
        assert.strictEqual(createHash("sha256").update(content).digest("hex"), checksum, name)
      }
    }).pipe(Effect.provide(layer))
  )

  it.live("is read without an index too, and with one that is broken or of another archive", () =>
    Effect.gen(function* () {
      const { archive } = yield* sealed
      const whole = fs.readFileSync(archive.index)
      const lines = whole.toString("latin1").split("\n")
      const wrong = {
        missing: null,
        empty: Buffer.alloc(0),
        cut: whole.subarray(0, whole.length / 2),
        "one byte changed": Buffer.from(whole.toString("latin1").replace('"./file"', '"./fill"'), "latin1"),
        "the line of the file lost": Buffer.from(lines.filter((one) => !one.includes('"./file"')).join("\n"), "latin1"),
        "of another archive": Buffer.from(whole.toString("latin1").replace(/^(lastgood-index 1 )\d+/, "$11"), "latin1"),
        "garbage after its end": Buffer.concat([whole, Buffer.from("3 more\n")])
      }
      for (const [what, bytes] of Object.entries(wrong)) {
        if (bytes === null) fs.rmSync(archive.index)
        else fs.writeFileSync(archive.index, bytes)
        const { content, indexed } = yield* contentOf(archive, "file")
        assert.deepStrictEqual([content.toString(), indexed], ["plain", false], what)
        const { indexed: listed, members } = yield* membersOf(archive, "deep", null)
        assert.isFalse(listed, what)
        assert.include(
          members.map(({ name }) => name),
          "er"
        )
      }
      assert.isAbove(lines.length, 30)
    }).pipe(Effect.provide(layer))
  )

  /** Verifies: LAW-13 */
  it.live("is not what a forged index says: tar must find the file there", () =>
    Effect.gen(function* () {
      const { archive, folder } = yield* sealed
      // Whole and of this archive, but every file begins where another one does.
      const other = join(folder, "other")
      fs.mkdirSync(other)
      for (const name of ["file", "zero", "secret"]) fs.writeFileSync(join(other, name), "forged")
      const forged = join(folder, "forged.tar")
      execFileSync("tar", ["--format=posix", "-C", other, "-cf", forged, "."])
      yield* writeIndex(forged, archive, archive.index)
      const { content, indexed } = yield* contentOf(archive, "file")
      assert.deepStrictEqual([content.toString(), indexed], ["plain", false])
    }).pipe(Effect.provide(layer))
  )

  it.live(
    "is not what an index says that begins a file after its end, and is read if the index is a folder or a FIFO",
    () =>
      Effect.gen(function* () {
        const { archive } = yield* sealed
        const lines = fs.readFileSync(archive.index, "latin1").split("\n").slice(0, -2)
        const text = `${lines.map((line) => (line.includes('"./file"') ? line.replace(/^\d+/, "99999999") : line)).join("\n")}\n`
        fs.writeFileSync(
          archive.index,
          `${text}sha256 ${createHash("sha256").update(text, "latin1").digest("hex")}\n`,
          "latin1"
        )
        const { content, indexed } = yield* contentOf(archive, "file")
        assert.deepStrictEqual([content.toString(), indexed], ["plain", false])
        for (const make of ["mkdir", "mkfifo"]) {
          fs.rmSync(archive.index, { recursive: true })
          execFileSync(make, [archive.index])
          const again = yield* contentOf(archive, "file")
          assert.deepStrictEqual([again.content.toString(), again.indexed], ["plain", false], make)
        }
      }).pipe(Effect.provide(layer))
  )

  it.live("costs kilobytes in an archive of 40 GB", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder()
      const path = join(folder, "huge.tar")
      const huge = 40 * 2 ** 30
      const before = Buffer.concat([root, pax({ size: String(huge) }), member({ name: "./huge", body: "" })])
      const fd = fs.openSync(path, "w")
      fs.writeSync(fd, before)
      const after = Buffer.concat([member({ name: "./small", body: "small" }), Buffer.alloc(1024)])
      fs.writeSync(fd, after, 0, after.length, before.length + huge)
      fs.closeSync(fd)
      const archive = { path, index: `${path}.index`, bytes: fs.statSync(path).size, crc: "1" }
      yield* writeIndex(path, archive, archive.index)
      const start = bytesRead()
      const { content, indexed } = yield* contentOf(archive, "small")
      assert.deepStrictEqual([content.toString(), indexed], ["small", true])
      assert.isBelow(bytesRead() - start, 1_000_000)
      const { members } = yield* membersOf(archive, "", null)
      assert.deepStrictEqual(
        members.map(({ bytes, name }) => [name, bytes]),
        [
          ["huge", huge],
          ["small", 5]
        ]
      )
    })
  )

  it.live("says what there is instead of a file", () =>
    Effect.gen(function* () {
      const { archive } = yield* sealed
      const is = (name: string) => Effect.map(Effect.flip(memberOf(archive, name)), (error) => error)
      assert.deepNestedInclude(yield* is("deep"), { _tag: "NotAFile", is: "folder" })
      assert.deepNestedInclude(yield* is("dangling"), { _tag: "NotAFile", is: "symlink", target: "nowhere" })
      assert.deepNestedInclude(yield* is("fifo"), { _tag: "NotAFile", is: "special" })
      assert.deepNestedInclude(yield* is("nothing"), { _tag: "NotAFile", is: null })
    }).pipe(Effect.provide(layer))
  )
})

describe("the index of an archive", () => {
  it.live("has every name that GNU tar lists, in the same order", () =>
    Effect.gen(function* () {
      const { archive } = yield* sealed
      const listed = execFileSync(
        "tar",
        ["--list", "--absolute-names", "--quoting-style=c", `--file=${archive.path}`],
        {
          env: { ...process.env, LC_ALL: "C" }
        }
      )
      const lines = fs.readFileSync(archive.index, "latin1").trimEnd().split("\n").slice(1, -1)
      const names = listed.toString("latin1").trimEnd().split("\n")
      assert.strictEqual(lines.length, names.length)
      for (const [i, name] of names.entries()) assert.include(lines[i], ` ${name}`)
    }).pipe(Effect.provide(layer))
  )

  it.live("is not part of the snapshot, and goes with it", () =>
    Effect.gen(function* () {
      const { app, archive, store } = yield* sealed
      assert.isTrue(fs.existsSync(archive.index))
      assert.deepStrictEqual((yield* store.verify(app, "s1")).problems, [])
      const of = { version: "1.1.0", commit: "c0ffee" }
      const ts = "2026-01-03T03:04:05.000Z"
      yield* store.capture(app, { id: "s2", of, ts, envFile: null, volumes: [], stillQuiet: Effect.void })
      yield* store.remove(app, "s1")
      assert.isFalse(fs.existsSync(archive.index))
      // An older lastgood removes a snapshot, but not its index.
      fs.mkdirSync(join(app.dir, "indexes/gone"))
      yield* store.seal(app, "s2")
      assert.deepStrictEqual(fs.readdirSync(join(app.dir, "indexes")), [])
    }).pipe(Effect.provide(layer))
  )

  it.live("is made again when a sealed snapshot is sealed again", () =>
    Effect.gen(function* () {
      const { app, archive, store } = yield* sealed
      const before = fs.readFileSync(archive.index)
      fs.rmSync(join(app.dir, "indexes"), { recursive: true })
      yield* store.seal(app, "s1")
      assert.isTrue(fs.readFileSync(archive.index).equals(before))
    }).pipe(Effect.provide(layer))
  )
})

describe("files and folders extracted from a snapshot", () => {
  const empty = (folder: string, name: string) => {
    const into = join(folder, name)
    fs.mkdirSync(into)
    return into
  }

  /** Verifies: LAW-11 */
  it.live("equal those that were captured, with owners, modes, times, links, holes and xattrs", () =>
    Effect.gen(function* () {
      const { archive, folder, path } = yield* sealed
      const all = empty(folder, "all")
      yield* extractTo(archive, [""], all)
      assert.deepStrictEqual(describeTree(all), describeTree(path))
      const part = empty(folder, "part")
      yield* extractTo(archive, ["deep", "./-rf"], part)
      assert.sameMembers(fs.readdirSync(part), ["deep", "-rf"])
      const names = fs.readdirSync(join(part, "deep"))
      assert.sameMembers(names, fs.readdirSync(join(path, "deep")))
    }).pipe(Effect.provide(layer))
  )

  it.live("include a hard link without the file that it names", () =>
    Effect.gen(function* () {
      const { archive, folder } = yield* sealed
      const links = ["hard", "hard2", "deep/hard3"]
      for (const name of links) {
        const into = empty(folder, `only-${name.replace("/", "-")}`)
        yield* extractTo(archive, [name], into)
        assert.strictEqual(fs.readFileSync(join(into, name), "utf8"), "one")
        assert.deepStrictEqual(fs.readdirSync(into), [name.split("/")[0]])
      }
    }).pipe(Effect.provide(layer))
  )

  /** Verifies: LAW-13 */
  it.live("never come from an archive that leads outside", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder()
      const hostile = {
        "a name above": tar(member({ name: "./../outside", body: "bad" })),
        "an absolute name": tar(member({ name: "/outside", body: "bad" })),
        "below a symlink": tar(
          member({ name: "./link", type: "2", link: ".." }),
          member({ name: "./link/outside", body: "bad" })
        ),
        "a hard link that leads outside": tar(member({ name: "./link", type: "1", link: "../outside" }))
      }
      for (const [what, bytes] of Object.entries(hostile)) {
        const path = join(folder, "hostile.tar")
        fs.writeFileSync(path, bytes)
        const archive = { path, index: `${path}.index`, bytes: bytes.length, crc: "1" }
        const into = empty(folder, what.replaceAll(" ", "-"))
        const error = yield* Effect.flip(extractTo(archive, [""], into))
        assert.strictEqual(error._tag, "SnapshotRefusal", what)
        assert.deepStrictEqual(fs.readdirSync(into), [])
      }
      assert.isFalse(fs.existsSync(join(folder, "outside")))
    })
  )
})
