import { copyFileSync, readdirSync, readFileSync, renameSync, statSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { type Envelope, StoreUnavailable } from "@lastgood/core/log/EventStore"
import { genesis, type StoredEvent } from "@lastgood/core/log/HashChain"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { open, sql, tamper, tempFolder } from "./EventStoreSqliteFiles.ts"
import { any, batch, suite } from "./EventStoreSuite.ts"

const fixtures = join(import.meta.dirname, "../fixtures/events")

const rewrite = (path: string, change: (events: ReadonlyArray<StoredEvent>) => ReadonlyArray<StoredEvent>) =>
  tamper(path, (db) => {
    const rows = db.prepare("SELECT * FROM events ORDER BY position").all()
    const events = rows.map(
      (row): StoredEvent => ({
        id: String(row["event_id"]),
        stream: String(row["stream"]),
        version: Number(row["version"]),
        position: Number(row["position"]),
        type: String(row["type"]),
        v: Number(row["schema_version"]),
        at: String(row["recorded_at"]),
        actor: String(row["actor"]),
        attempt: row["attempt"] === null ? null : String(row["attempt"]),
        text: String(row["data"]),
        prev: String(row["prev_hash"]),
        hash: String(row["hash"])
      })
    )
    db.exec("DELETE FROM events")
    const insert = db.prepare(
      `INSERT INTO events (event_id, stream, version, position, type, schema_version, recorded_at, actor, attempt, data,
         prev_hash, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
    )
    for (const e of change(events)) {
      insert.run(e.id, e.stream, e.version, e.position, e.type, e.v, e.at, e.actor, e.attempt, e.text, e.prev, e.hash)
    }
  })

suite(
  "sqlite",
  Effect.map(tempFolder, (folder) => {
    const path = join(folder, "events.db")
    return { open: open({ path }), rewrite: (change) => rewrite(path, change) }
  })
)

/** Verifies: LAW-6 */
describe("EventStoreSqlite", () => {
  const inFolder =
    <A, E>(use: (path: string, folder: string) => Effect.Effect<A, E, Scope.Scope>) =>
    () =>
      Effect.flatMap(tempFolder, (folder) => use(join(folder, "events.db"), folder))

  it.live(
    "keeps the events when it is closed and reopened, and leaves one file",
    inFolder((path, folder) =>
      Effect.gen(function* () {
        const written = yield* Effect.scoped(
          Effect.flatMap(open({ path }), (store) =>
            Effect.andThen(store.append("app/a", any, batch(3)), store.readAll())
          )
        )
        assert.deepStrictEqual(readdirSync(folder), ["events.db"])
        assert.deepStrictEqual(yield* (yield* open({ path })).readAll(), written)
      })
    )
  )

  /** Verifies: LAW-12 */
  it.live(
    "is readable by its owner only, with its -wal and -shm",
    inFolder((path, folder) =>
      Effect.gen(function* () {
        yield* (yield* open({ path })).append("app/a", any, batch(1))
        const modes = readdirSync(folder).map((file) => [file, (statSync(join(folder, file)).mode & 0o777).toString(8)])
        assert.deepStrictEqual(modes, [
          ["events.db", "600"],
          ["events.db-shm", "600"],
          ["events.db-wal", "600"]
        ])
      })
    )
  )

  for (const statement of [
    "UPDATE events SET actor = 'nobody'",
    "DELETE FROM events WHERE position = 2",
    "REPLACE INTO events SELECT 1, 'app/x', 9, 'x', type, 1, recorded_at, actor, NULL, data, prev_hash, hash FROM events LIMIT 1",
    "REPLACE INTO events SELECT 9, 'app/a', 1, 'x', type, 1, recorded_at, actor, NULL, data, prev_hash, hash FROM events LIMIT 1",
    "REPLACE INTO events SELECT 9, 'app/x', 9, event_id, type, 1, recorded_at, actor, NULL, data, prev_hash, hash FROM events LIMIT 1"
  ]) {
    it.live(
      `refuses ${statement.slice(0, 40)} …`,
      inFolder((path) =>
        Effect.gen(function* () {
          const store = yield* open({ path })
          yield* store.append("app/a", any, batch(3))
          const before = yield* store.readAll()
          yield* sql(path, (db) => assert.throws(() => db.exec(statement), /append-only/))
          assert.deepStrictEqual(yield* store.readAll(), before)
        })
      )
    )
  }

  it.live(
    "is empty in read-only mode if there is no log, creates nothing, and sees the log appear",
    inFolder((path, folder) =>
      Effect.gen(function* () {
        const reader = yield* open({ path, readOnly: true })
        assert.deepStrictEqual(yield* reader.readAll(), [])
        assert.deepStrictEqual(yield* reader.streams, [])
        assert.deepStrictEqual(yield* reader.head, { position: 0, hash: genesis })
        assert.instanceOf(yield* Effect.flip(reader.append("app/a", any, batch(1))), StoreUnavailable)
        assert.deepStrictEqual(readdirSync(folder), [])
        const tail = yield* reader
          .tail(0)
          .pipe(Stream.take(2), Stream.runCollect, Effect.forkScoped({ startImmediately: true }))
        const { events } = yield* (yield* open({ path })).append("app/a", any, batch(2))
        assert.deepStrictEqual(yield* Fiber.join(tail), [...events])
        assert.deepStrictEqual((yield* reader.verify()).problems, [])
      })
    )
  )

  it.live(
    "works in read-only mode without the log's folder, and refuses to append",
    inFolder((path, folder) =>
      Effect.gen(function* () {
        assert.deepStrictEqual(
          yield* (yield* open({ path: join(folder, "none/events.db"), readOnly: true })).readAll(),
          []
        )
        yield* Effect.scoped(open({ path }))
        const error = yield* Effect.flip((yield* open({ path, readOnly: true })).append("app/a", any, batch(1)))
        assert.match(error.message, /reading only/)
      })
    )
  )

  it.live(
    "refuses to continue if its file was replaced",
    inFolder((path) =>
      Effect.gen(function* () {
        const store = yield* open({ path })
        yield* store.append("app/a", any, batch(1))
        renameSync(path, `${path}.old`)
        const gone = yield* Effect.flip(store.append("app/a", any, batch(1)))
        assert.match(gone.message, /removed or replaced/)
        renameSync(`${path}.old`, path)
        yield* store.append("app/a", any, batch(1))
      })
    )
  )

  it.live(
    "says to try again if another process keeps it locked, and is intact afterwards",
    inFolder((path) =>
      Effect.gen(function* () {
        const store = yield* open({ path })
        yield* store.append("app/a", any, batch(1))
        const error = yield* sql(path, (db) => {
          db.exec("BEGIN IMMEDIATE")
          return Effect.runSync(Effect.flip(store.append("app/a", any, batch(1))))
        })
        assert(error._tag === "StoreUnavailable")
        assert.match(error.reason, /another process/)
        assert.match(error.next, /try again/)
        yield* store.append("app/a", any, batch(1))
        assert.deepStrictEqual(yield* store.verify(), { head: yield* store.head, problems: [] })
      })
    )
  )

  it.live(
    "writes nothing of a batch that fails in the middle, and continues afterwards",
    inFolder((path) =>
      Effect.gen(function* () {
        const store = yield* open({ path })
        yield* sql(path, (db) =>
          db.exec(
            "CREATE TRIGGER broken BEFORE INSERT ON events WHEN NEW.version = 2 BEGIN SELECT RAISE(ABORT, 'broken'); END"
          )
        )
        const error = yield* Effect.flip(store.append("app/a", any, batch(3)))
        assert.match(error.message, /broken/)
        assert.deepStrictEqual(yield* store.readAll(), [])
        yield* sql(path, (db) => db.exec("DROP TRIGGER broken"))
        const { events } = yield* store.append("app/a", any, batch(3))
        assert.deepStrictEqual(yield* store.readAll(), events)
        assert.deepStrictEqual((yield* store.verify()).problems, [])
      })
    )
  )

  it.live(
    "follows, reads and verifies a log of many pages",
    inFolder((path) =>
      Effect.gen(function* () {
        const store = yield* open({ path })
        yield* store.append("app/a", any, batch(2500))
        const { head, problems } = yield* store.verify()
        assert.deepStrictEqual([head.position, problems], [2500, []])
        const followed = yield* store.tail(0).pipe(Stream.take(2500), Stream.runCollect)
        assert.deepStrictEqual(followed, [...(yield* store.readAll())])
      })
    )
  )

  it.live(
    "reads and appends to a log of format 1",
    inFolder((path) =>
      Effect.gen(function* () {
        copyFileSync(join(fixtures, "format-1.db"), path)
        const expected: ReadonlyArray<Envelope> = JSON.parse(readFileSync(join(fixtures, "format-1.json"), "utf8"))
        assert.deepStrictEqual(yield* (yield* open({ path, readOnly: true })).readAll(), expected)
        const store = yield* open({ path })
        const head = { position: expected.length, hash: expected.at(-1)?.hash ?? "" }
        assert.deepStrictEqual(yield* store.verify(head), { head, problems: [] })
        const { events } = yield* store.append("app/keycloak", any, batch(1))
        assert.deepInclude(events[0], { position: expected.length + 1, prev: head.hash })
      })
    )
  )
})
