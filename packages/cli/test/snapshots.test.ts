import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync
} from "node:fs"
import { assert, describe, it, vi } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { jsonOf, makeWorld } from "./world.ts"

// Each test starts several processes, on machines that may be busy with other tests.
vi.setConfig({ testTimeout: 600_000 })

type World = Effect.Success<ReturnType<typeof makeWorld>>

/** An app with files in its volume, and one snapshot of them. */
const test = (name: string, body: (world: World, snapshot: string) => Effect.Effect<void>) =>
  it.live(name, () =>
    Effect.scoped(
      Effect.gen(function* () {
        const world = yield* makeWorld()
        // A machine that runs other tests is slow to start a process.
        const config = readFileSync(world.at("lastgood.yaml"), "utf8")
        yield* world.write("lastgood.yaml", config.replace("deadline: 5s", "deadline: 2m"))
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
      assert.include(elsewhere.stderr, "its volumes are data")
    }))

  test("says that the archive was changed, as far as its length and its time tell", ({ at, lastgood }, snapshot) =>
    Effect.gen(function* () {
      const archive = at(`root/web/snapshots/${snapshot}/volumes/data.tar`)
      const cat = () => lastgood(["snapshots", "cat", "web", snapshot, "data/notes/a.md"])
      const bytes = readFileSync(archive)
      writeFileSync(archive, bytes.fill(0, bytes.length - 512))
      const changed = yield* cat()
      assert.strictEqual(changed.code, 0)
      assert.match(
        changed.stderr,
        /data\.tar was written to after the snapshot was taken.*\nnext: lastgood verify web --snapshot \S+\n$/
      )
      truncateSync(archive, 2048)
      const cut = yield* cat()
      assert.deepStrictEqual([cut.code, cut.stdout], [1, ""])
      assert.match(cut.stderr, /web has no snapshot \S+\nnext: /)
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

interface Kept {
  readonly app: string
  readonly snapshots: ReadonlyArray<{ readonly id: string; readonly stays: boolean; readonly why: string }>
}

const idsOf = (ran: { readonly stdout: string; readonly stderr: string; readonly code: number | null }) =>
  (JSON.parse(ran.stdout) as { readonly snapshots: ReadonlyArray<{ readonly id: string }> }).snapshots.map(
    ({ id }) => id
  )

describe("snapshots rm, prune", () => {
  /** Verifies: LAW-4 */
  test("remove what is not needed, after a question, and never what a rollback needs", ({
    at,
    lastgood,
    write
  }, first) =>
    Effect.gen(function* () {
      for (let n = 0; n < 2; n += 1) assert.strictEqual((yield* lastgood(["snapshot", "web"])).code, 0)
      const ids = idsOf(yield* lastgood(["snapshots", "web", "--json"]))
      assert.lengthOf(ids, 3)
      const newest = ids.at(-1) ?? ""
      const needed = yield* lastgood(["snapshots", "rm", "web", newest, "--yes"])
      assert.strictEqual(needed.code, 1)
      assert.match(
        needed.stderr,
        /is not removed: it is the newest.*\nnext: take a newer snapshot first: lastgood snapshot web/
      )
      const unasked = yield* lastgood(["snapshots", "rm", "web", first])
      assert.strictEqual(unasked.code, 64)
      assert.include(unasked.stderr, `1 snapshot of web will be removed for good`)
      assert.lengthOf(idsOf(yield* lastgood(["snapshots", "web", "--json"])), 3)

      const dry = yield* lastgood(["snapshots", "rm", "web", first, "--dry-run"])
      assert.deepStrictEqual([dry.code, dry.stderr], [0, ""])
      assert.match(
        dry.stdout,
        /^1 snapshot of web would be removed for good, which frees .*:\n {2}\S+ .*\nnothing was changed \(--dry-run\)\n$/
      )
      const told = jsonOf(yield* lastgood(["snapshots", "rm", "web", first, "--dry-run", "--json"]))
      assert.deepNestedInclude(told, { dryRun: true, action: "remove", "removes[0].id": first })
      const refused = yield* lastgood(["snapshots", "rm", "web", newest, "--dry-run"])
      assert.deepStrictEqual([refused.code, refused.stdout], [1, ""])
      assert.lengthOf(idsOf(yield* lastgood(["snapshots", "web", "--json"])), 3)

      const folder = at(`root/web/snapshots/${first}`)
      cpSync(folder, at("kept"), { recursive: true })
      const removed = yield* lastgood(["snapshots", "rm", "web", first, "--yes"])
      assert.deepStrictEqual([removed.code, removed.stdout], [0, "web: removed 1 snapshot\n"], removed.stderr)
      assert.isFalse(existsSync(folder))
      const verified = yield* lastgood(["verify", "web"])
      assert.strictEqual(verified.code, 0, verified.stdout)
      const again = yield* lastgood(["snapshots", "rm", "web", first, "--yes"])
      assert.deepStrictEqual([again.code, again.stdout], [0, "web: nothing to do: 1 snapshot is already removed\n"])

      // As a kill between the event and the removal leaves it: nothing is lost, and the same command ends it.
      cpSync(at("kept"), folder, { recursive: true })
      assert.strictEqual((yield* lastgood(["verify", "web"])).code, 0)
      assert.strictEqual((yield* lastgood(["snapshots", "rm", "web", first, "--yes"])).code, 0)
      assert.isFalse(existsSync(folder))

      const config = readFileSync(at("lastgood.yaml"), "utf8")
      yield* write("lastgood.yaml", `${config}    snapshot: { keep: 1, keepWithin: 1d }\n`)
      const kept = jsonOf(yield* lastgood(["prune", "--dry-run", "--json"])) as { readonly apps: ReadonlyArray<Kept> }
      assert.deepStrictEqual(
        kept.apps[0]?.snapshots.map(({ stays, why }) => [stays, why]),
        [
          [true, "not older than 1d"],
          [true, "the newest"]
        ]
      )
      yield* write("lastgood.yaml", `${config}    snapshot: { keep: 1 }\n`)
      const shown = yield* lastgood(["prune", "web", "--dry-run"])
      assert.match(shown.stdout, /^web: keep 1; frees .*: 1 snapshot$/m)
      assert.match(shown.stdout, /^goes +snapshot \S+ .* only 1 snapshot is kept$/m)
      assert.lengthOf(idsOf(yield* lastgood(["snapshots", "web", "--json"])), 2)
      const pruned = yield* lastgood(["prune", "web", "--yes"])
      assert.strictEqual(pruned.code, 0, pruned.stderr)
      assert.match(pruned.stdout, /^web: removed 1 snapshot$/m)
      assert.deepStrictEqual(idsOf(yield* lastgood(["snapshots", "web", "--json"])), [newest])
      assert.match((yield* lastgood(["prune", "web"])).stdout, /^web: keep 1; frees nothing$/m)
    }))
})

describe("aside", () => {
  test("lists the data that a rollback replaced, and removes it", ({ at, lastgood }, snapshot) =>
    Effect.gen(function* () {
      assert.strictEqual((yield* lastgood(["aside"])).stdout, "no data is set aside\n")
      assert.strictEqual((yield* lastgood(["restore", "web", "--snapshot", snapshot])).code, 0)
      const listed = jsonOf(yield* lastgood(["aside", "web", "--json"])) as {
        readonly aside: ReadonlyArray<{ readonly attempt: string; readonly why: string; readonly bytes: number }>
      }
      const [one] = listed.aside
      assert.match(one?.why ?? "", /^rollback from 1\.0\.0\+1\.0\.0 to 1\.0\.0\+1\.0\.0/)
      assert.isAbove(one?.bytes ?? 0, 0)
      const end = (one?.attempt ?? "").slice(-8)
      assert.include((yield* lastgood(["aside", "web"])).stdout, end)
      const kept = jsonOf(yield* lastgood(["snapshots", "--json"])) as { readonly kept: ReadonlyArray<object> }
      assert.deepNestedInclude(kept.kept[0], { app: "web" })
      assert.isTrue(existsSync(at(`root/web/aside/${one?.attempt}`)))
      const unset = yield* lastgood(["aside", "rm", "web", "", "--yes"])
      assert.strictEqual(unset.code, 1, unset.stdout)
      assert.isTrue(existsSync(at(`root/web/aside/${one?.attempt}`)))
      // Of all attempts, the deploy and the snapshot set nothing aside.
      const offered = yield* lastgood(["complete", "--", "aside", "rm", "web", ""])
      assert.deepStrictEqual(
        offered.stdout.split("\n").map((line) => line.split("\t")[0]),
        [end, ""]
      )
      const dry = yield* lastgood(["aside", "rm", "web", end, "--dry-run"])
      assert.match(dry.stdout, /^the data of web that 1 attempt set aside would be removed for good:\n/)
      assert.match(dry.stdout, /\nnothing was changed \(--dry-run\)\n$/)
      assert.isTrue(existsSync(at(`root/web/aside/${one?.attempt}`)))
      // Somebody removed it by hand: the log still has it.
      rmSync(at(`root/web/aside/${one?.attempt}`), { recursive: true })
      const removed = yield* lastgood(["aside", "rm", "web", end, "--yes"])
      assert.deepStrictEqual([removed.code, removed.stdout], [0, "web: removed the data that 1 attempt set aside\n"])
      assert.isFalse(existsSync(at(`root/web/aside/${one?.attempt}`)))
      for (const flag of ["--yes", "--dry-run"]) {
        const again = yield* lastgood(["aside", "rm", "web", end, flag])
        assert.strictEqual(again.code, 0, again.stderr)
        assert.match(again.stdout, /^web: nothing to do: the data that 1 attempt set aside is already removed\n/)
      }
      const never = yield* lastgood(["aside", "rm", "web", "ffffffff", "--yes"])
      assert.strictEqual(never.code, 1)
      assert.include(
        never.stderr,
        "web has no data that attempt ffffffff set aside\nnext: name one that lastgood aside web lists"
      )
      assert.strictEqual((yield* lastgood(["verify", "web"])).code, 0)
    }))
})
