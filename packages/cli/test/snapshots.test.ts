import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { assert, describe, it, vi } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { jsonOf, makeWorld } from "./world.ts"

// Each test starts several processes, on machines that may be busy with other tests.
vi.setConfig({ testTimeout: 180_000 })

type World = Effect.Success<ReturnType<typeof makeWorld>>

/** An app with files in its volume, and one snapshot of them. */
const test = (name: string, body: (world: World, snapshot: string) => Effect.Effect<void>) =>
  it.live(name, () =>
    Effect.scoped(
      Effect.gen(function* () {
        const world = yield* makeWorld()
        const deployed = yield* world.lastgood(["deploy", "web", "--to", "1.0.0+1.0.0"])
        assert.strictEqual(deployed.code, 0, deployed.stderr)
        const data = world.at("root/web/volumes/data")
        mkdirSync(`${data}/notes/old`, { recursive: true })
        writeFileSync(`${data}/notes/a.md`, "# Notes\n", { mode: 0o640 })
        writeFileSync(`${data}/notes/old/b.md`, "old\n")
        writeFileSync(Buffer.from(`${data}/notes/caf\u00e9\n`, "latin1"), "odd")
        const taken = yield* world.lastgood(["snapshot", "web"])
        assert.strictEqual(taken.code, 0, taken.stderr)
        const listed = jsonOf(yield* world.lastgood(["snapshots", "web", "--json"])) as {
          readonly snapshots: ReadonlyArray<{ readonly id: string }>
        }
        const id = listed.snapshots.at(-1)?.id
        if (id === undefined) throw new Error("no snapshot was taken")
        yield* body(world, id)
      })
    )
  )

describe("snapshots ls", () => {
  test("lists the volumes, and the files of a folder", ({ lastgood }, snapshot) =>
    Effect.gen(function* () {
      const volumes = yield* lastgood(["snapshots", "ls", "web", snapshot])
      assert.match(volumes.stdout, /^VOLUME +SIZE\ndata +/)
      const notes = yield* lastgood(["snapshots", "ls", "web", "latest", "data/notes"])
      assert.match(notes.stdout, /^-rw-r----- +\d+\/\d+ +8 B +\d{4}-\d\d-\d\d [\d:]+Z +a\.md$/m)
      assert.match(notes.stdout, /^drwx\S+ +\S+ +4 B +\S+ \S+ +old\/$/m)
      assert.include(notes.stdout, '"caf\\351\\n"')
      const json = jsonOf(yield* lastgood(["snapshots", "ls", "web", snapshot, "data/notes", "--json"]))
      assert.deepNestedInclude(json, { format: 1, app: "web", volume: "data", path: "notes", indexed: true })
      const one = yield* lastgood(["snapshots", "ls", "web", snapshot.slice(-6), "data/notes/a.md"])
      assert.match(one.stdout, /a\.md$/m)
      const nothing = yield* lastgood(["snapshots", "ls", "web", snapshot, "data/nothing"])
      assert.deepStrictEqual([nothing.code, nothing.stdout], [1, ""])
      assert.include(nothing.stderr, "data/nothing is not in snapshot")
    }))
})

describe("snapshots cat", () => {
  test("writes a file, also by a name that is not text", ({ lastgood }, snapshot) =>
    Effect.gen(function* () {
      const file = yield* lastgood(["snapshots", "cat", "web", snapshot, "data/notes/a.md"])
      assert.deepStrictEqual([file.code, file.stdout, file.stderr], [0, "# Notes\n", ""])
      const odd = yield* lastgood(["snapshots", "cat", "web", snapshot, String.raw`"data/notes/caf\351\n"`])
      assert.strictEqual(odd.stdout, "odd")
      const folder = yield* lastgood(["snapshots", "cat", "web", snapshot, "data/notes"])
      assert.strictEqual(folder.code, 1)
      assert.include(folder.stderr, `next: lastgood snapshots ls web ${snapshot} data/notes`)
      const elsewhere = yield* lastgood(["snapshots", "cat", "web", snapshot, "other/notes"])
      assert.include(elsewhere.stderr, "it has data")
    }))

  test("works without the index, and says that all of the archive was read", ({ at, lastgood }, snapshot) =>
    Effect.gen(function* () {
      rmSync(at("root/web/indexes"), { recursive: true })
      const file = yield* lastgood(["snapshots", "cat", "web", snapshot, "data/notes/a.md"])
      assert.deepStrictEqual([file.code, file.stdout], [0, "# Notes\n"])
      assert.include(file.stderr, "has no usable index")
      const json = jsonOf(yield* lastgood(["snapshots", "ls", "web", snapshot, "data", "--json"]))
      assert.deepNestedInclude(json, { indexed: false })
    }))
})

describe("snapshots extract", () => {
  test("puts files into a new folder, and never overwrites", ({ at, lastgood }, snapshot) =>
    Effect.gen(function* () {
      const extract = (...args: ReadonlyArray<string>) => lastgood(["snapshots", "extract", "web", snapshot, ...args])
      const into = at("out")
      const done = yield* extract("data/notes/a.md", "data/notes/old", "--into", into)
      assert.deepStrictEqual([done.code, done.stdout], [0, `extracted to ${into}\n`], done.stderr)
      assert.deepStrictEqual(readdirSync(`${into}/data/notes`).sort(), ["a.md", "old"])
      assert.strictEqual(readFileSync(`${into}/data/notes/a.md`, "utf8"), "# Notes\n")
      assert.strictEqual(statSync(`${into}/data/notes/a.md`).mode & 0o777, 0o640)
      const again = yield* extract("data", "--into", into)
      assert.strictEqual(again.code, 1)
      assert.include(again.stderr, "expected a new or an empty folder of yours, found a folder with data in it")
      const missing = yield* extract("data/nothing", "--into", at("other"))
      assert.strictEqual(missing.code, 1)
      assert.include(missing.stderr, "data/nothing is not in snapshot")
      const all = yield* extract("data", "--into", at("other"))
      assert.strictEqual(all.code, 0, all.stderr)
      assert.include(readdirSync(at("other/data/notes")), "a.md")
    }))
})
