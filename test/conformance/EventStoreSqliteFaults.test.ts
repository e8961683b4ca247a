/** The SQLite log with faults: files that are not logs, and filesystems that are full, read-only or shared. */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync
} from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { assert, describe, it } from "@effect/vitest"
import { initialStateOf } from "@lastgood/core/domain/State"
import { makeSavedStates } from "@lastgood/core/engine/SavedStates"
import { run } from "@lastgood/core/process/Tool"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import { open, sql, tempFolder } from "./EventStoreSqliteFiles.ts"
import { any, batch, newEvent } from "./EventStoreSuite.ts"

/** Why the log at a path cannot be opened. Fails the test where it can, or where the reason has no next step. */
const refusal = Effect.fnUntraced(function* (path: string, readOnly = false) {
  const error = yield* Effect.flip(Effect.scoped(open({ path, readOnly })))
  assert.strictEqual(error._tag, "StoreUnavailable")
  assert.strictEqual(error.path, path)
  assert.isNotEmpty(error.next)
  return error.reason
})

const filledLog = (path: string, size: number) =>
  Effect.scoped(Effect.flatMap(open({ path }), (store) => store.append("app/a", any, batch(size))))

/** Verifies: LAW-6 */
describe("EventStoreSqlite refuses", () => {
  const files: ReadonlyArray<[string, RegExp, (path: string) => void]> = [
    ["text", /not a lastgood log/, (path) => writeFileSync(path, "some notes\n".repeat(500))],
    ["a few bytes", /not a lastgood log/, (path) => writeFileSync(path, "hello")],
    ["an empty file: a log that was cut to nothing", /empty/, (path) => writeFileSync(path, "")],
    [
      "a database of something else",
      /SQLite database, but not a lastgood log/,
      (path) => {
        const db = new DatabaseSync(path)
        db.exec("CREATE TABLE bookmarks (url TEXT)")
        db.close()
      }
    ]
  ]
  for (const [what, reason, make] of files) {
    it.live(`${what}, and does not change it`, () =>
      Effect.gen(function* () {
        const folder = yield* tempFolder
        const path = join(folder, "events.db")
        make(path)
        const before = readFileSync(path)
        assert.match(yield* refusal(path), reason)
        assert.match(yield* refusal(path, true), reason)
        assert.isTrue(readFileSync(path).equals(before))
        assert.deepStrictEqual(readdirSync(folder), ["events.db"])
      })
    )
  }

  it.live("a folder in its place", () =>
    Effect.gen(function* () {
      const path = join(yield* tempFolder, "events.db")
      mkdirSync(path)
      assert.match(yield* refusal(path), /permission|folder/)
    })
  )

  it.live("to create a log in a folder that does not exist", () =>
    Effect.gen(function* () {
      assert.match(yield* refusal(join(yield* tempFolder, "none/events.db")), /folder does not exist/)
    })
  )

  it.live("a log of a newer format, and does not change it", () =>
    Effect.gen(function* () {
      const path = join(yield* tempFolder, "events.db")
      yield* filledLog(path, 2)
      yield* sql(path, (db) => db.exec("PRAGMA user_version = 2"))
      const before = readFileSync(path)
      assert.match(yield* refusal(path), /format is 2; this lastgood reads format 1/)
      assert.isTrue(readFileSync(path).equals(before))
    })
  )

  for (const keep of [100, 4096, 12_288, 20_000]) {
    it.live(`a log that was cut to ${keep} bytes`, () =>
      Effect.gen(function* () {
        const path = join(yield* tempFolder, "events.db")
        yield* filledLog(path, 200)
        truncateSync(path, keep)
        assert.match(yield* refusal(path), /damaged|not a lastgood log/)
        assert.strictEqual(statSync(path).size, keep)
      })
    )
  }

  it.live("a log whose pages were overwritten", () =>
    Effect.gen(function* () {
      const path = join(yield* tempFolder, "events.db")
      yield* filledLog(path, 200)
      const bytes = readFileSync(path)
      bytes.fill(0x5a, 4096)
      writeFileSync(path, bytes)
      const error = yield* Effect.flip(Effect.scoped(Effect.flatMap(open({ path }), (store) => store.verify())))
      assert.match(error.reason, /damaged/)
    })
  )
})

/** Verifies: LAW-6 */
describe("EventStoreSqlite", () => {
  it.live("reports a damaged index by verify, which the chain does not cover", () =>
    Effect.gen(function* () {
      const path = join(yield* tempFolder, "events.db")
      const { events } = yield* filledLog(path, 3)
      const page = yield* sql(path, (db) => {
        const index = db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'sqlite_autoindex_events_1'").get()
        return Number(index?.["rootpage"])
      })
      const bytes = readFileSync(path)
      const entry = bytes.indexOf(events[1]?.id ?? "", (page - 1) * 4096)
      assert.isBelow(entry, page * 4096)
      bytes.write("z", entry)
      writeFileSync(path, bytes)
      const { problems } = yield* (yield* open({ path })).verify()
      assert.match(problems.join("\n"), /the file is damaged: .*index/)
    })
  )
})

/** Mounts a filesystem for the scope. */
const mounted = (args: ReadonlyArray<string>, folder: string) =>
  Effect.acquireRelease(Effect.orDie(run("mount", [...args, folder])), () =>
    Effect.orDie(run("umount", ["--lazy", folder]))
  )

const canMount = await Effect.runPromise(
  Effect.scoped(Effect.flatMap(tempFolder, (folder) => mounted(["-t", "tmpfs", "tmpfs"], folder))).pipe(
    Effect.as(true),
    Effect.catchCause(() => Effect.succeed(false))
  )
)

/** Verifies: LAW-6 */
describe.skipIf(!canMount)("EventStoreSqlite (needs the right to mount filesystems)", () => {
  it.live("reports a full disk, keeps acknowledged events, and continues once there is space", () =>
    Effect.gen(function* () {
      const folder = yield* tempFolder
      yield* mounted(["-t", "tmpfs", "-o", "size=768k", "tmpfs"], folder)
      const path = join(folder, "events.db")
      const filler = join(folder, "filler")
      writeFileSync(filler, Buffer.alloc(256 * 1024))
      const store = yield* open({ path })
      const acknowledged: Array<string> = []
      let refused = null
      while (refused === null) {
        const result = yield* Effect.result(
          store.append("app/a", any, [newEvent("x".repeat(3000)), newEvent("y".repeat(3000))])
        )
        if (Result.isSuccess(result)) acknowledged.push(...result.success.events.map((event) => event.id))
        else refused = result.failure
      }
      assert(refused._tag === "StoreUnavailable")
      assert.match(refused.reason, /disk is full/)
      assert.match(refused.next, /free some space/)
      assert.isAbove(acknowledged.length, 10)
      assert.deepStrictEqual(
        (yield* store.readAll()).map((event) => event.id),
        acknowledged
      )
      assert.deepStrictEqual((yield* store.verify()).problems, [])

      rmSync(filler)
      const { events } = yield* store.append("app/a", any, batch(1))
      assert.strictEqual(events[0]?.position, acknowledged.length + 1)
      assert.deepStrictEqual((yield* (yield* open({ path })).verify()).problems, [])
    })
  )

  it.live("does without a saved state on a full or read-only disk, and leaves nothing of it there", () =>
    Effect.gen(function* () {
      const folder = yield* tempFolder
      yield* mounted(["-t", "tmpfs", "-o", "size=64k", "tmpfs"], folder)
      const filler = join(folder, "filler")
      const states = makeSavedStates(join(folder, "states"))
      const held = { reason: "x".repeat(20_000), until: null }
      const state = { ...initialStateOf("a"), version: 1, held }
      const saved = { state, hash: "a".repeat(64) }
      yield* states.save("app/b", saved)
      writeFileSync(filler, Buffer.alloc(24 * 1024))
      yield* states.save("app/a", saved)
      assert.isNull(yield* states.of("app/a"))
      assert.strictEqual((yield* states.of("app/b"))?.state.held?.reason, held.reason)
      assert.lengthOf(readdirSync(join(folder, "states")), 1)
      rmSync(filler)
      yield* Effect.orDie(run("mount", ["-o", "remount,ro", folder]))
      yield* states.save("app/a", saved)
      assert.isNull(yield* states.of("app/a"))
      yield* Effect.orDie(run("mount", ["-o", "remount,rw", folder]))
      yield* states.save("app/a", saved)
      assert.strictEqual((yield* states.of("app/a"))?.state.version, 1)
    })
  )

  it.live("uses its reserve for an append on a full disk, and recreates it once there is space", () =>
    Effect.gen(function* () {
      const folder = yield* tempFolder
      yield* mounted(["-t", "tmpfs", "-o", "size=20m", "tmpfs"], folder)
      const path = join(folder, "events.db")
      const reserve = join(folder, "reserve")
      const filler = join(folder, "filler")
      const fill = Effect.ignore(
        Effect.try({ try: () => writeFileSync(filler, Buffer.alloc(32 * 1024 * 1024)), catch: (e) => e })
      )
      const scoped = yield* Scope.make()
      const store = yield* Scope.provide(open({ path, reserve: true }), scoped)
      yield* store.append("app/a", any, batch(1))
      assert.deepInclude(statSync(reserve), { size: 4 * 1024 * 1024 })
      assert.isAtLeast(statSync(reserve).blocks * 512, 4 * 1024 * 1024, "really allocated")
      assert.strictEqual(statSync(reserve).mode & 0o777, 0o600)

      yield* fill
      for (let n = 0; n < 20; n++) yield* store.append("app/a", any, [newEvent("x".repeat(20_000))])
      assert.isFalse(existsSync(reserve))
      yield* fill
      const refused = yield* Effect.flip(Effect.forever(store.append("app/a", any, [newEvent("x".repeat(20_000))])))
      assert(refused._tag === "StoreUnavailable")
      assert.match(refused.reason, /disk is full/)
      assert.match(refused.next, /free some space/)
      const { head, problems } = yield* store.verify()
      assert.deepStrictEqual(problems, [])
      assert.isAtLeast(head.position, 21)
      yield* Scope.close(scoped, Exit.void)

      rmSync(filler)
      yield* Effect.scoped(Effect.flatMap(open({ path, reserve: true }), (s) => s.append("app/a", any, batch(1))))
      assert.isTrue(existsSync(reserve))
      // A process that finds the disk full when it starts.
      yield* fill
      const reopened = yield* open({ path, reserve: true })
      yield* reopened.append("app/a", any, batch(1))
      assert.isFalse(existsSync(reserve))
      assert.deepStrictEqual((yield* reopened.verify()).problems, [])
    })
  )

  it.live("creates no reserve if it would use the last space, or in read-only mode", () =>
    Effect.gen(function* () {
      const folder = yield* tempFolder
      yield* mounted(["-t", "tmpfs", "-o", "size=12m", "tmpfs"], folder)
      const path = join(folder, "events.db")
      yield* (yield* open({ path, reserve: true })).append("app/a", any, batch(1))
      yield* open({ path, readOnly: true, reserve: true })
      assert.notInclude(readdirSync(folder).join(" "), "reserve")
    })
  )

  it.live("reports a full disk if there is no space to create a log, and leaves nothing behind", () =>
    Effect.gen(function* () {
      const folder = yield* tempFolder
      yield* mounted(["-t", "tmpfs", "-o", "size=64k", "tmpfs"], folder)
      writeFileSync(join(folder, "filler"), Buffer.alloc(48 * 1024))
      assert.match(yield* refusal(join(folder, "events.db")), /disk is full/)
      assert.deepStrictEqual(readdirSync(folder), ["filler"])
    })
  )

  it.live("reports a read-only filesystem when it creates or writes a log, but can read one", () =>
    Effect.gen(function* () {
      const folder = yield* tempFolder
      yield* mounted(["-t", "tmpfs", "tmpfs"], folder)
      yield* Effect.orDie(run("mount", ["-o", "remount,ro", folder]))
      const path = join(folder, "events.db")
      assert.match(yield* refusal(path), /read-only/)
      yield* Effect.orDie(run("mount", ["-o", "remount,rw", folder]))
      yield* filledLog(path, 3)
      yield* Effect.orDie(run("mount", ["-o", "remount,ro", folder]))
      assert.match(yield* refusal(path), /read-only|cannot be written/)
      const told = yield* open({ path, readOnly: true })
      assert.deepStrictEqual((yield* told.verify()).problems, [])
      assert.strictEqual((yield* told.head).position, 3)
      yield* Effect.orDie(run("mount", ["-o", "remount,rw", folder]))
      assert.deepStrictEqual((yield* (yield* open({ path })).verify()).problems, [])
    })
  )

  it.live("refuses a shared filesystem", () =>
    Effect.gen(function* () {
      const folder = yield* tempFolder
      // A FUSE filesystem that nobody serves: for any user but its own, statfs(2) answers in the kernel. No data in the
      // script but the folder, which is an argument.
      const script = 'exec 3<>/dev/fuse; mount -i -t fuse -o fd=3,rootmode=40000,user_id=65534,group_id=65534 none "$1"'
      yield* Effect.acquireRelease(Effect.orDie(run("sh", ["-c", script, "sh", folder])), () =>
        Effect.orDie(run("umount", ["--lazy", folder]))
      )
      assert.match(yield* refusal(join(folder, "events.db")), /FUSE/)
    })
  )
})

const isRoot = process.getuid?.() === 0

/** Verifies: LAW-6 */
describe.skipIf(isRoot)("EventStoreSqlite (needs a user whom permissions bind)", () => {
  it.live("reports a missing permission", () =>
    Effect.gen(function* () {
      const folder = yield* tempFolder
      const path = join(folder, "events.db")
      yield* filledLog(path, 1)
      copyFileSync(path, join(folder, "copy.db"))
      chmodSync(path, 0)
      assert.match(yield* refusal(path), /permission/)
    })
  )
})
