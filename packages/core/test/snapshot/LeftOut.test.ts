/** What a filter may leave out: measured on real files, by the layouts of real databases. */
import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { VolumeFilter } from "../../src/domain/App.ts"
import { volumeSetting } from "../../src/domain/volumeFilter.ts"
import { SnapshotStore } from "../../src/snapshot/SnapshotStore.ts"
import { layer } from "../../src/snapshot/TarSnapshots.ts"
import { makeApp, makeVolume, request, temporaryFolder, write } from "./fixture.ts"

type Fill = (folder: string) => void

const files =
  (...names: ReadonlyArray<string>): Fill =>
  (folder) => {
    for (const name of names) {
      if (name.endsWith("/")) fs.mkdirSync(join(folder, name), { recursive: true })
      else write(folder, { [name]: "x" })
    }
  }

const sqlite =
  (name: string): Fill =>
  (folder) => {
    fs.mkdirSync(join(folder, name, ".."), { recursive: true })
    const db = new DatabaseSync(join(folder, name))
    db.exec("CREATE TABLE rows (text); INSERT INTO rows VALUES ('one')")
    db.close()
  }

/** A file of whole pages with these bytes in it. */
const paged =
  (name: string, at: number, header: string): Fill =>
  (folder) => {
    const bytes = Buffer.alloc(4096)
    bytes.write(header, at, "latin1")
    fs.writeFileSync(join(folder, name), bytes)
  }

const all =
  (...fills: ReadonlyArray<Fill>): Fill =>
  (folder) => {
    for (const fill of fills) fill(folder)
  }

const postgres = (base = "") =>
  files(
    ...["PG_VERSION", "base/1/1259", "base/1/PG_VERSION", "base/5/pgsql_tmp/1", "global/pg_control", "pg_wal/0001"].map(
      (name) => base + name
    ),
    ...["pg_notify/0000", "pg_stat_tmp/db_0.stat", "postgresql.conf", "postmaster.pid", "log/today.log"].map(
      (name) => base + name
    )
  )

const mariadb = files(
  "ibdata1",
  "ib_logfile0",
  "aria_log_control",
  "aria_log.00000001",
  "mysql/user.frm",
  "app/rows.ibd",
  "ibtmp1",
  "host.err"
)
const mongo = files(
  "WiredTiger",
  "WiredTiger.wt",
  "WiredTiger.lock",
  "collection-0.wt",
  "journal/WiredTigerLog.1",
  "diagnostic.data/m1",
  "mongod.lock"
)
const redis = files("dump.rdb", "appendonlydir/a.base.rdb", "appendonlydir/a.manifest", "notes.txt")

const without = (...exclude: ReadonlyArray<string>): VolumeFilter => ({ include: [], exclude })
const only = (...include: ReadonlyArray<string>): VolumeFilter => ({ include, exclude: [] })
const mayLose = (...disposable: ReadonlyArray<string>): VolumeFilter => ({ include: [], exclude: [], disposable })

/** What the refusal says is left out; null: it is not refused. */
const table: ReadonlyArray<readonly [what: string, Fill, VolumeFilter, says: RegExp | null]> = [
  ["a whole volume", files("a", "b/c"), without("**"), /leaves out all of it \(2 files\)/],
  ["a whole volume, name by name", files("a", "b/c"), without("a", "b"), /leaves out all of it \(2 files\)/],
  [
    "a volume of which an include has nothing",
    files("a", "b/c"),
    only("x/**"),
    /filter include \["x\/\*\*"\].* all of it/
  ],
  ["a volume that holds nothing", files("empty/", "deep/er/"), without("**"), null],
  ["a volume that may be lost", files("a"), mayLose("**"), null],
  ["a volume of which a part may be lost", files("a", "b"), { ...without("a"), disposable: ["b"] }, /all of it/],
  ["a cache", files("a", "cache/b"), without("cache/**"), null],
  ["PostgreSQL", all(postgres("db/"), files("app/x")), without("db/**"), /leaves out the PostgreSQL database in db:/],
  ["PostgreSQL that may be lost", all(postgres("db/"), files("x")), mayLose("db"), null],
  [
    "PostgreSQL's log of changes",
    postgres(),
    without("pg_wal/**"),
    /a part of the PostgreSQL database \(pg_wal\/0001\)/
  ],
  ["PostgreSQL's log of changes, by its name", postgres(), mayLose("pg_wal"), /a part of .* \(pg_wal and 1 more\)/],
  ["PostgreSQL's tables", postgres(), without("base/**"), /a part of the PostgreSQL database/],
  ["PostgreSQL but for its tables", postgres(), only("base/**"), /a part of the PostgreSQL database/],
  ["PostgreSQL's folder that must be there", postgres(), without("pg_notify"), /a part of .*pg_notify/],
  [
    "what PostgreSQL makes anew",
    postgres(),
    without("postmaster.pid", "log", "pg_stat_tmp/**", "pg_notify/**", "base/*/pgsql_tmp/**"),
    null
  ],
  ["what lies beside PostgreSQL's own", all(postgres(), files("dumps/a.sql")), without("dumps/**"), null],
  [
    "a tablespace",
    files("PG_16_202307071/5/1", "x"),
    without("PG_*/**"),
    /the PostgreSQL tablespace database|a part of/
  ],
  ["MariaDB", all(mariadb, files("lost+found/")), without("*", "*/**"), /all of it .*the MySQL or MariaDB database/],
  ["MariaDB's redo log", mariadb, without("ib_logfile*"), /a part of the MySQL or MariaDB database \(ib_logfile0\)/],
  ["one of MariaDB's databases", mariadb, without("app/**"), /a part of .*\(app\/rows\.ibd\)/],
  ["what MariaDB makes anew", mariadb, without("ibtmp1", "*.err"), null],
  ["MongoDB's journal", mongo, without("journal/**"), /a part of the MongoDB database/],
  ["what MongoDB makes anew", mongo, without("diagnostic.data/**", "mongod.lock", "WiredTiger.lock"), null],
  ["Redis", redis, without("dump.rdb", "appendonlydir/**"), /part of the Redis database/],
  ["Redis, all of it", redis, without("dump.rdb", "appendonlydir"), /leaves out the Redis database:/],
  ["Redis's dump", redis, without("*.rdb"), /a part of the Redis database/],
  ["what lies beside Redis", redis, without("notes.txt"), null],
  ["LMDB", files("mail/data.mdb", "mail/lock.mdb", "x"), without("mail/**"), /the LMDB database in mail/],
  ["LMDB's lock", files("data.mdb", "lock.mdb"), without("lock.mdb"), null],
  ["LevelDB", files("i/CURRENT", "i/MANIFEST-000001", "i/0.ldb", "i/LOG"), without("i/*.ldb"), /a part of the LevelDB/],
  [
    "SQLite",
    all(sqlite("app/data.db"), files("x")),
    without("app/**"),
    /leaves out the SQLite database app\/data\.db:/
  ],
  ["SQLite of any name", all(sqlite("cache/b0"), files("x")), without("cache/**"), /the SQLite database cache\/b0:/],
  ["SQLite that may be lost", all(sqlite("cache/b0"), files("x")), mayLose("cache/**"), null],
  ["SQLite's log, which may come", sqlite("data.db"), without("*-wal"), /a part of .* data\.db \(data\.db-wal\)/],
  ["SQLite's log, even as disposable", sqlite("data.db"), mayLose("*-wal"), /a part of the SQLite database/],
  ["SQLite without what is not its name", sqlite("data.db"), only("**/*.db"), /a part of the SQLite database/],
  ["SQLite with all that is its", all(sqlite("data.db"), files("x")), only("**/*.db*"), null],
  ["SQLite's shared memory", sqlite("data.db"), without("*-shm"), null],
  ["DuckDB", all(paged("a.duckdb", 8, "DUCK"), files("x")), without("*.duckdb"), /the DuckDB database a\.duckdb/],
  ["bbolt", all(paged("a", 16, "\xed\xda\x0c\xed"), files("x")), without("a"), /the bbolt database a/],
  ["H2", all(paged("a.mv.db", 0, "H:2,"), files("x")), without("*.db"), /the H2 database a\.mv\.db/],
  ["what only looks like pages", all(paged("a", 0, "nothing"), files("x")), without("a"), null]
]

const scene = Effect.fnUntraced(function* (
  fill: Fill,
  filter: VolumeFilter,
  by: "config" | "plugin" | "label" = "config"
) {
  const folder = yield* temporaryFolder()
  const volume = makeVolume(join(folder, "volume"))
  fs.mkdirSync(volume.path)
  fill(volume.path)
  const app = makeApp(join(folder, "root/notes"), { data: filter })
  const said = { ...app, settledBy: new Map([[volumeSetting("data"), by]]) }
  return { folder, volume, app: said, store: yield* SnapshotStore }
}, Effect.provide(layer))

/** Verifies: LAW-15, LAW-14 */
describe("a filter that leaves out", () => {
  for (const [what, fill, filter, says] of table) {
    it.live(`${what} is ${says === null ? "accepted" : "refused"}`, () =>
      Effect.gen(function* () {
        const { app, store, volume } = yield* scene(fill, filter)
        const prepared = yield* Effect.result(store.prepare(app, [volume]))
        const captured = yield* Effect.result(store.capture(app, request("s1", [volume])))
        if (says === null) {
          assert.deepStrictEqual([prepared._tag, captured._tag], ["Success", "Success"])
          return
        }
        for (const result of [prepared, captured]) {
          assert.isTrue(result._tag === "Failure")
          if (result._tag !== "Failure") continue
          assert.match(result.failure.message, says)
          assert.strictEqual(result.failure._tag === "SnapshotFailed" && result.failure.gate, "filter")
        }
        assert.deepStrictEqual(yield* store.list(app), [], "nothing is published")
      })
    )
  }

  it.live("disposable paths is reported with its source and the key to set", () =>
    Effect.gen(function* () {
      const refused = Effect.fnUntraced(function* (filter: VolumeFilter, by: "config" | "plugin" | "label") {
        const { app, store, volume } = yield* scene(files("a"), filter, by)
        return yield* Effect.flip(store.prepare(app, [volume]))
      })
      const own = yield* refused(without("**"), "config")
      assert.match(own.message, /volume data: the filter exclude \["\*\*"\] \(the configuration\) leaves out all of it/)
      assert.match(
        own.next,
        /^remove the matching pattern .*; or, if it may be lost, `snapshot: \{ disposable: \{ data: \["\*\*"\] \} \}`$/
      )
      assert.match(
        (yield* refused(without("**"), "plugin")).next,
        /^write `snapshot: \{ exclude: \{ data: \[\] \} \}`.*precedence over the plugin/
      )
      assert.match((yield* refused(without("**"), "label")).next, /precedence over a label of the recipe/)
      assert.match((yield* refused(only("x"), "config")).next, /^add the missing files to `include` of data/)
    })
  )

  it.live("a few files is measured and recorded in the snapshot's meta", () =>
    Effect.gen(function* () {
      const { app, store, volume } = yield* scene(
        (folder) => write(folder, { keep: "1", "cache/a": "12345", "cache/b/c": "123" }),
        without("cache/**")
      )
      const meta = yield* store.capture(app, request("s1", [volume]))
      assert.deepStrictEqual(meta.archives["data"]?.leftOut, { files: 2, bytes: 8 })
      assert.deepStrictEqual((yield* store.list(app))[0]?.archives["data"]?.leftOut, { files: 2, bytes: 8 })
    })
  )

  /** Verifies: LAW-13 */
  it.live("a pipe, a link or a name that is not text is handled safely", () =>
    Effect.gen(function* () {
      const { app, folder, store, volume } = yield* scene((at) => {
        fs.mkdirSync(join(at, "cache"))
        execFileSync("mkfifo", [join(at, "cache/pipe")])
        fs.writeFileSync(Buffer.concat([Buffer.from(`${at}/cache/`), Buffer.from([0xff, 0x0a])]), Buffer.alloc(4096))
        write(at, { keep: "1" })
      }, without("cache/**"))
      sqlite("outside.db")(folder)
      fs.symlinkSync(join(folder, "outside.db"), join(volume.path, "cache/link"))
      yield* store.prepare(app, [volume])
    })
  )
})
