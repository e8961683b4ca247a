/**
 * What somebody does to a log's file behind lastgood's back, and that `verify` tells: every field of every event, every
 * way of removing, adding and moving events, the tables themselves, and random bytes of the file.
 */
import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { DatabaseSync } from "node:sqlite"
import { assert, describe, it } from "@effect/vitest"
import type { Head, NewEvent } from "@lastgood/core/log/EventStore"
import { hashOf, type StoredEvent } from "@lastgood/core/log/HashChain"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { open, sql, tamper, tempFolder } from "./EventStoreSqliteFiles.ts"
import { any, batch, newEvent } from "./EventStoreSuite.ts"

/** Of two streams, with what hides best: U+FFFD, an empty attempt's place, text that a byte changes. */
const history: ReadonlyArray<[string, NewEvent]> = [
  ["app/a", newEvent({ step: "prefetch", said: "half a character: \uFFFD" })],
  ["app/b", { ...newEvent(), attempt: null }],
  ["app/a", { ...newEvent({ n: 1.5, list: [1, null, true] }), type: "FromTheFuture", v: 3 }],
  ["app/a", { ...newEvent(), actor: "cli:\uFFFD" }],
  ["app/b", newEvent({})],
  ["app/a", newEvent({ step: "tidy" })]
]

const [template, noted] = await Effect.runPromise(
  Effect.scoped(
    Effect.gen(function* () {
      const path = join(yield* tempFolder, "events.db")
      const head = yield* Effect.scoped(
        Effect.gen(function* () {
          const store = yield* open({ path })
          for (const [stream, event] of history) yield* store.append(stream, any, [event])
          return yield* store.head
        })
      )
      return [readFileSync(path), head] as const
    })
  )
)

/** Puts the log there: written once, for every tampering syncs would only take time. @returns its head. */
const written = (path: string): Effect.Effect<Head> =>
  Effect.sync(() => {
    writeFileSync(path, template)
    return noted
  })

const problemsOf = (path: string, expectHead?: Head) =>
  Effect.scoped(
    Effect.flatMap(open({ path }), (store) => Effect.map(store.verify(expectHead), ({ problems }) => problems))
  )

/** A log that was written and then tampered with: it was whole before, and is not now. */
const finds = (change: (db: DatabaseSync) => void, problem: RegExp) => () =>
  Effect.gen(function* () {
    const path = join(yield* tempFolder, "events.db")
    const head = yield* written(path)
    assert.deepStrictEqual(yield* problemsOf(path, head), [])
    yield* tamper(path, change)
    assert.match((yield* problemsOf(path)).join("\n"), problem)
  })

const run =
  (...statements: ReadonlyArray<string>) =>
  (db: DatabaseSync) => {
    for (const statement of statements) db.exec(statement)
  }

const unchecked =
  (...statements: ReadonlyArray<string>) =>
  (db: DatabaseSync) =>
    run("PRAGMA ignore_check_constraints = ON", ...statements)(db)

/** Verifies: LAW-6 */
describe("verify finds an edited", () => {
  const changed = /position \d+ was changed/
  const edits: ReadonlyArray<[string, string, RegExp]> = [
    ["position", "position = 99 WHERE position = 6", /position 6 is missing/],
    ["stream", "stream = 'app/c', version = 1 WHERE position = 6", changed],
    ["version", "version = 7 WHERE position = 6", changed],
    ["event_id", "event_id = 'another' WHERE position = 3", changed],
    ["type", "type = 'StepFailed' WHERE position = 3", changed],
    ["schema_version", "schema_version = 2 WHERE position = 3", changed],
    ["recorded_at", "recorded_at = '2026-11-22T03:00:00.001Z' WHERE position = 3", changed],
    ["actor", "actor = 'cli:nobody' WHERE position = 3", changed],
    ["actor to nothing", "actor = '' WHERE position = 3", changed],
    ["attempt", "attempt = 'another' WHERE position = 3", changed],
    ["attempt to null", "attempt = NULL WHERE position = 3", changed],
    ["attempt from null", "attempt = '' WHERE position = 2", changed],
    ["attempt from null to its name", "attempt = 'null' WHERE position = 2", changed],
    ["value in data", "data = replace(data, '1.5', '1.6') WHERE position = 3", changed],
    ["space in data", "data = data || ' ' WHERE position = 3", changed],
    ["order of keys in data", `data = '{"list":[1,null,true],"n":1.5}' WHERE position = 3`, changed],
    ["prev_hash", `prev_hash = '${"a".repeat(64)}' WHERE position = 3`, /position 3 does not follow/],
    ["hash", `hash = '${"a".repeat(64)}' WHERE position = 3`, changed],
    ["hash of the last event", `hash = '${"a".repeat(64)}' WHERE position = 6`, changed],
    ["hash to upper case", "hash = upper(hash) WHERE position = 3", changed],
    // What reading as a string would hide: a broken byte shows as U+FFFD, and Deno ends a string at a NUL.
    [
      "byte in data that shows the same",
      "data = CAST(replace(data, '\uFFFD', x'80') AS TEXT) WHERE position = 1",
      changed
    ],
    [
      "byte in actor that shows the same",
      "actor = CAST(replace(actor, '\uFFFD', x'80') AS TEXT) WHERE position = 4",
      changed
    ],
    ["text after a NUL", "actor = actor || char(0) || 'and more' WHERE position = 3", changed],
    ["data after a NUL", "data = data || char(0) || 'and more' WHERE position = 3", changed]
  ]
  for (const [what, set, problem] of edits) {
    it.live(what, finds(unchecked(`UPDATE events SET ${set}`), problem))
  }

  for (const column of ["position", "version", "schema_version"]) {
    for (const value of ["9223372036854775807", "9007199254740993", "-9223372036854775808", "0"]) {
      it.live(
        `${column} to ${value}`,
        finds(
          unchecked(`UPDATE events SET ${column} = ${value} WHERE position = 3`),
          /was changed|is missing|expected 2|CHECK constraint/
        )
      )
    }
  }
})

const copyOf = (position: number, as: string) =>
  `INSERT INTO events SELECT ${as}, type, schema_version, recorded_at, actor, attempt, data, prev_hash, hash
     FROM events WHERE position = ${position}`

/** Rewrites an event so that it fits the one before it: what only the next event, or a noted head, tells. */
const forge = (db: DatabaseSync, position: number, actor: string) => {
  const row = db.prepare("SELECT * FROM events WHERE position = ?").get(position) ?? {}
  const event: Omit<StoredEvent, "hash"> = {
    prev: String(row["prev_hash"]),
    position,
    stream: String(row["stream"]),
    version: Number(row["version"]),
    id: String(row["event_id"]),
    type: String(row["type"]),
    v: Number(row["schema_version"]),
    at: String(row["recorded_at"]),
    actor,
    attempt: row["attempt"] === null ? null : String(row["attempt"]),
    text: String(row["data"])
  }
  db.prepare("UPDATE events SET actor = ?, hash = ? WHERE position = ?").run(actor, hashOf(event), position)
}

/** Verifies: LAW-6 */
describe("verify finds", () => {
  for (const position of [1, 2, 3, 4, 5]) {
    it.live(
      `event ${position} deleted`,
      finds(run(`DELETE FROM events WHERE position = ${position}`), /is missing|does not follow/)
    )
    it.live(
      `event ${position} deleted and the rest moved up`,
      finds(
        unchecked(
          `DELETE FROM events WHERE position = ${position}`,
          `UPDATE events SET position = -(position - 1) WHERE position > ${position}`,
          "UPDATE events SET position = -position WHERE position < 0"
        ),
        /does not follow|CHECK constraint/
      )
    )
    it.live(
      `event ${position} rewritten, with a hash that fits its content`,
      finds((db) => forge(db, position, "cli:nobody"), new RegExp(`position ${position + 1} does not follow`))
    )
    it.live(
      `events ${position} and ${position + 1} exchanged`,
      finds(
        run(
          "PRAGMA ignore_check_constraints = ON",
          `UPDATE events SET position = -1 WHERE position = ${position}`,
          `UPDATE events SET position = ${position} WHERE position = ${position + 1}`,
          `UPDATE events SET position = ${position + 1} WHERE position = -1`
        ),
        /does not follow/
      )
    )
    it.live(
      `event ${position} twice`,
      finds(run(copyOf(position, "7, stream, 9, event_id || 'again'")), /position 7 (does not follow|was changed)/)
    )
    it.live(
      `an event inserted before ${position}, the rest moved down`,
      finds(
        run(
          `UPDATE events SET position = position + 1000 WHERE position >= ${position}`,
          `UPDATE events SET position = position - 999 WHERE position > 1000`,
          copyOf(position === 1 ? 2 : 1, `${position}, 'app/x', 1, 'inserted'`)
        ),
        /does not follow/
      )
    )
  }
  for (const position of ["0", "-1", "-9223372036854775808"]) {
    it.live(
      `an event inserted at position ${position}, outside of what readers read`,
      finds(unchecked(copyOf(1, `${position}, 'app/x', 1, 'inserted'`)), /is missing|was changed/)
    )
  }
  it.live(
    "an event of a known hash in another stream",
    finds(run(copyOf(6, "7, 'app/x', 1, 'inserted'")), /position 7/)
  )

  const schemas: ReadonlyArray<[string, ReadonlyArray<string>, RegExp]> = [
    [
      "a trigger of somebody else's",
      ["CREATE TRIGGER x AFTER INSERT ON events BEGIN SELECT 1; END"],
      /foreign trigger x/
    ],
    [
      "a view in place of the events",
      ["ALTER TABLE events RENAME TO hidden", "CREATE VIEW events AS SELECT * FROM hidden WHERE position < 4"],
      /tables are not the ones that lastgood creates/
    ],
    [
      "a table without the rules of the log",
      ["CREATE TABLE other AS SELECT * FROM events", "DROP TABLE events", "ALTER TABLE other RENAME TO events"],
      /table events is not the one that lastgood creates/
    ]
  ]
  for (const [what, statements, problem] of schemas) {
    it.live(what, () =>
      Effect.gen(function* () {
        const path = join(yield* tempFolder, "events.db")
        yield* written(path)
        yield* sql(path, run(...statements))
        const told = yield* problemsOf(path).pipe(
          Effect.catchTag("StoreUnavailable", (error) => Effect.succeed([error.message]))
        )
        assert.match(told.join("\n"), problem)
      })
    )
  }

  it.live("missing triggers", () =>
    Effect.gen(function* () {
      const path = join(yield* tempFolder, "events.db")
      yield* written(path)
      yield* sql(path, run("DROP TRIGGER events_no_delete"))
      assert.deepStrictEqual(yield* problemsOf(path), ["the file was changed: its trigger events_no_delete is missing"])
    })
  )

  it.live("a log that was cut to any length, with an expected head", () =>
    Effect.gen(function* () {
      const path = join(yield* tempFolder, "events.db")
      const head = yield* written(path)
      for (let end = 5; end >= 0; end--) {
        yield* tamper(path, run(`DELETE FROM events WHERE position > ${end}`))
        assert.deepStrictEqual(yield* problemsOf(path), [], "the chain alone cannot tell")
        assert.match(
          (yield* problemsOf(path, head)).join("\n"),
          new RegExp(`ends at position ${end}, the noted head is at position 6`)
        )
      }
    })
  )

  it.live("a rewritten last event and a rewritten log, with an expected head", () =>
    Effect.gen(function* () {
      const path = join(yield* tempFolder, "events.db")
      const head = yield* written(path)
      yield* tamper(path, (db) => forge(db, 6, "cli:nobody"))
      assert.deepStrictEqual(yield* problemsOf(path), [])
      assert.match((yield* problemsOf(path, head)).join("\n"), /the log was rewritten/)
      yield* tamper(path, run("DELETE FROM events"))
      yield* Effect.scoped(Effect.flatMap(open({ path }), (store) => store.append("app/a", any, batch(8))))
      assert.deepStrictEqual(yield* problemsOf(path), [])
      assert.match((yield* problemsOf(path, head)).join("\n"), /the log was rewritten/)
    })
  )

  it.live("many problems, and reports the first ones", () =>
    Effect.gen(function* () {
      const path = join(yield* tempFolder, "events.db")
      const store = yield* open({ path })
      yield* store.append("app/a", any, batch(1201))
      yield* tamper(path, run("UPDATE events SET actor = 'nobody'"))
      const { problems } = yield* store.verify()
      assert.lengthOf(problems, 51)
      assert.strictEqual(problems.at(-1), "and 1151 more problems")
    })
  )
})

const Tampering = Schema.Struct({
  position: Schema.Literals([1, 2, 3, 4, 5]),
  column: Schema.Literals([
    "stream",
    "event_id",
    "type",
    "recorded_at",
    "actor",
    "attempt",
    "data",
    "prev_hash",
    "hash"
  ]),
  at: Schema.Int,
  by: Schema.Literals(["drop", "double", "flip"])
})

/** Verifies: LAW-6 */
describe("any change", () => {
  it.live.prop(
    "of one character of one field is found by verify, which accepts an unchanged log",
    { tampering: Tampering },
    ({ tampering: { at, by, column, position } }) =>
      Effect.gen(function* () {
        const path = join(yield* tempFolder, "events.db")
        const head = yield* written(path)
        assert.deepStrictEqual(yield* problemsOf(path, head), [])
        let changed = false
        yield* tamper(path, (db) => {
          db.exec("PRAGMA ignore_check_constraints = ON")
          const row = db.prepare(`SELECT ${column} AS x FROM events WHERE position = ?`).get(position)
          const before = String(row?.["x"] ?? "")
          const i = Math.abs(at) % Math.max(1, before.length)
          const character = before.charAt(i)
          const flipped = String.fromCharCode((character.charCodeAt(0) || 0) ^ 1)
          const put = by === "drop" ? "" : by === "double" ? character + character : flipped
          const after = before.slice(0, i) + put + before.slice(i + 1)
          changed = after !== before && after.isWellFormed() && !after.includes("\u0000")
          if (changed) db.prepare(`UPDATE events SET ${column} = ? WHERE position = ?`).run(after, position)
        })
        assert.strictEqual((yield* problemsOf(path)).length > 0, changed, `${by} ${column} ${at} of ${position}`)
      }).pipe(Effect.scoped),
    { arbitrary: { runs: 60 } }
  )

  const seeds = Array.from({ length: 150 }, (_, seed) => seed)
  /** The same bytes for the same seed: a failure can be seen again. */
  const random = (seed: number) => {
    let state = seed * 2654435761 + 1
    return (below: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return state % below
    }
  }

  const damage = Effect.fnUntraced(function* (suffix: "" | "-wal") {
    const folder = yield* tempFolder
    const path = join(folder, "events.db")
    yield* written(path)
    const store = yield* open({ path })
    for (const [stream, event] of history) yield* store.append(stream, any, [{ ...event, id: `${event.id}-again` }])
    const [events, head] = [yield* store.readAll(), yield* store.head]
    const copy = join(folder, "copy.db")
    let told = 0
    for (const seed of seeds) {
      if (suffix === "") yield* sql(path, run("PRAGMA wal_checkpoint(TRUNCATE)"))
      for (const part of ["", "-wal"]) {
        if (existsSync(path + part)) copyFileSync(path + part, copy + part)
      }
      const bytes = readFileSync(copy + suffix)
      const below = random(seed)
      for (let flips = 1 + below(4); flips > 0; flips--) bytes[below(bytes.length)] = below(256)
      writeFileSync(copy + suffix, bytes)
      const seen = yield* Effect.scoped(
        Effect.gen(function* () {
          const damaged = yield* open({ path: copy })
          return { verified: yield* damaged.verify(head), events: yield* damaged.readAll() }
        })
      ).pipe(Effect.result)
      if (Result.isFailure(seen)) {
        assert.strictEqual(seen.failure._tag, "StoreUnavailable")
        assert.isNotEmpty(seen.failure.next)
        assert.notInclude(seen.failure.next, "report this", `${seed}: ${seen.failure.message}`)
        told++
      } else if (seen.success.verified.problems.length > 0) told++
      // Some bytes of a file mean nothing: then every event is as it was.
      else assert.deepStrictEqual(seen.success.events, events, `seed ${seed}`)
      for (const part of ["", "-wal", "-shm"]) writeFileSync(copy + part, "")
    }
    assert.isAbove(told, seeds.length / 10)
  })

  it.live("of bytes of the file is an error, is found, or has no effect", () => damage(""), 60_000)
  it.live(
    "of bytes of the WAL is an error, is found with an expected head, or has no effect",
    () => damage("-wal"),
    60_000
  )
})
