/** The log as text: what goes out comes in again byte for byte, or nothing does and the line is named. */
import { randomUUID } from "node:crypto"
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync
} from "node:fs"
import { join } from "node:path"
import { Readable } from "node:stream"
import { assert, describe, it } from "@effect/vitest"
import { eventLine, headerLine, parseEvent, parseHeader } from "@lastgood/core/log/ExportFormat"
import { emptyHead, genesis, hashOf, type StoredEvent } from "@lastgood/core/log/HashChain"
import * as SqliteExport from "@lastgood/core/log/SqliteExport"
import * as SqliteImport from "@lastgood/core/log/SqliteImport"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { open, sql, tamper, tempFolder } from "./EventStoreSqliteFiles.ts"
import { any, batch, newEvent } from "./EventStoreSuite.ts"

const golden = join(import.meta.dirname, "../fixtures/events/format-1.jsonl")

const exported = (path: string) =>
  Effect.scoped(
    Effect.flatMap(SqliteExport.open(path), ({ parts }) =>
      Effect.map(Stream.runCollect(parts), (all) => [...all].join(""))
    )
  )

const imported = (path: string, text: string | Uint8Array) =>
  SqliteImport.run(path, "the file", Readable.from([Buffer.from(text)]))

const logIn = Effect.map(tempFolder, (folder) => join(folder, "root/events.db"))

/** A whole export of events with these data texts, made without lastgood's writer. */
const exportOf = (texts: ReadonlyArray<string>): string => {
  const events: Array<StoredEvent> = []
  for (const text of texts) {
    const position = events.length + 1
    const event = {
      position,
      stream: "app/a",
      version: position,
      id: randomUUID(),
      type: "FromTheFuture",
      v: 9,
      at: "2026-11-22T03:00:00.000Z",
      actor: 'cli:żółw 🦊 \u2028 ","data":{}',
      attempt: null,
      prev: events.at(-1)?.hash ?? genesis,
      text
    }
    events.push({ ...event, hash: hashOf(event) })
  }
  const last = events.at(-1) ?? emptyHead
  return [headerLine({ store: "a-store", head: last }), ...events.map(eventLine), ""].join("\n")
}

/** Texts that are JSON, and that JSON.parse and JSON.stringify would make something else of. */
const odd = {
  "an object": '{"step":"prefetch"}',
  "white space": ' { "a" : [ 1 , 2 ] }\t',
  "line breaks": '{\n  "a": 1,\r\n  "b": "\\n"\n}\n',
  "numbers that no double holds": "[1e400,-0,1.0,0.10,12345678901234567890,1E5]",
  "a key twice": '{"a":1,"a":2,"__proto__":{"a":3}}',
  "an escaped lone surrogate": '["\\ud800","\\u0041","\\/"]',
  "raw control-like text": '"\u007f\u0085\u009b31m\u2028\u202e"',
  "what looks like a line": '{"data":"}","text":",\\"data\\":","x":",\\"text\\":"}',
  "the deepest there may be": "[".repeat(1000) + "]".repeat(1000),
  "a number alone": "5",
  "a megabyte": JSON.stringify("x🦊".repeat(200_000))
}

/** Verifies: LAW-6 */
describe("an export", () => {
  it.live("of the golden log is the golden text, and imports to the golden log", () =>
    Effect.gen(function* () {
      const text = readFileSync(golden, "utf8")
      // Opening a log leaves files beside it.
      const copy = join(yield* tempFolder, "events.db")
      copyFileSync(golden.replace(/jsonl$/, "db"), copy)
      assert.strictEqual(yield* exported(copy), text)
      const path = yield* logIn
      yield* imported(path, text)
      assert.strictEqual(yield* exported(path), text)
      const expected = JSON.parse(readFileSync(golden.replace(/jsonl$/, "json"), "utf8"))
      const store = yield* open({ path })
      assert.deepStrictEqual(yield* store.readAll(), expected)
      assert.strictEqual(statSync(path).mode & 0o777, 0o600)
      assert.strictEqual(statSync(join(path, "..")).mode & 0o777, 0o700)
      const { events } = yield* store.append("app/keycloak", any, batch(1))
      assert.strictEqual(events[0]?.position, expected.length + 1)
      assert.deepStrictEqual((yield* store.verify(store.head.pipe(Effect.runSync))).problems, [])
    })
  )

  for (const [what, text] of Object.entries(odd)) {
    it.live(`keeps data byte for byte: ${what}`, () =>
      Effect.gen(function* () {
        const whole = exportOf(["{}", text, "{}"])
        const path = yield* logIn
        yield* imported(path, whole)
        const stored = yield* sql(path, (db) => db.prepare("SELECT data FROM events WHERE position = 2").get())
        assert.strictEqual(stored?.["data"], text)
        assert.strictEqual(yield* exported(path), whole)
        assert.lengthOf(whole.split("\n"), 5, "one line per event")
      })
    )
  }

  it.live("of an empty log is its header, and imports to an empty log with its id", () =>
    Effect.gen(function* () {
      const path = yield* logIn
      yield* imported(path, exportOf([]))
      assert.strictEqual(yield* exported(path), exportOf([]))
      const store = yield* open({ path })
      yield* store.append("app/a", any, batch(1))
    })
  )

  it.live("contains the events from when it began, whatever is appended meanwhile", () =>
    Effect.gen(function* () {
      const path = join(yield* tempFolder, "events.db")
      const store = yield* open({ path })
      yield* store.append("app/a", any, batch(1200))
      const { head, parts } = yield* SqliteExport.open(path)
      const text = [
        ...(yield* Stream.runCollect(Stream.tap(parts, () => store.append("app/a", any, batch(300)))))
      ].join("")
      assert.strictEqual(head.position, 1200)
      assert.lengthOf(text.trimEnd().split("\n"), 1201)
      yield* imported(yield* logIn, text)
    })
  )

  for (const [what, change] of [
    ["an edited event", "UPDATE events SET actor = 'nobody' WHERE position = 2"],
    ["an edited last event", "UPDATE events SET actor = 'nobody' WHERE position = 3"],
    ["a removed event", "DELETE FROM events WHERE position = 2"],
    ["bytes that are no text", "UPDATE events SET actor = CAST(x'80' AS TEXT) WHERE position = 2"]
  ] as const) {
    it.live(`of a log with ${what} is refused`, () =>
      Effect.gen(function* () {
        const path = join(yield* tempFolder, "events.db")
        yield* Effect.scoped(Effect.flatMap(open({ path }), (store) => store.append("app/a", any, batch(3))))
        yield* tamper(path, (db) => db.exec(change))
        const error = yield* Effect.flip(exported(path))
        assert.match(error.message, /damaged/)
        assert.include(error.next, "verify")
      })
    )
  }

  const Text = Schema.Struct({
    store: Schema.NonEmptyString,
    actor: Schema.String,
    attempt: Schema.NullOr(Schema.String),
    data: Schema.Json
  })
  it.effect.prop("reads every line as it was written", { text: Text }, ({ text }) =>
    Effect.sync(() => {
      const header = { store: text.store, head: { position: 3, hash: genesis } }
      assert.deepStrictEqual(Result.getOrNull(parseHeader(headerLine(header))), header)
      for (const data of [JSON.stringify(text.data), JSON.stringify(text.data, null, 1)]) {
        const event: StoredEvent = {
          ...{ position: 1, stream: "app/a", version: 1, id: "i", type: "T", v: 1, at: "t", prev: genesis },
          ...{ actor: text.actor, attempt: text.attempt, text: data, hash: genesis }
        }
        assert.deepStrictEqual(Result.getOrNull(parseEvent(eventLine(event))), event)
      }
    })
  )
})

const text = readFileSync(golden, "utf8")
const lines = text.trimEnd().split("\n")
const joined = (some: ReadonlyArray<string>) => `${some.join("\n")}\n`
const swap = (a: number, b: number) => joined(lines.map((line, i) => lines[i === a ? b : i === b ? a : i] ?? line))
const replaced = (line: number, from: string | RegExp, to: string) =>
  joined(lines.map((l, i) => (i === line - 1 ? l.replace(from, to) : l)))

/** Verifies: LAW-6 */
describe("an import refuses without a change", () => {
  const cases: ReadonlyArray<[string, string | Uint8Array, RegExp]> = [
    ["an empty file", "", /it is empty/],
    ["text of something else", "some\nnotes\n", /line 1: this is not an export/],
    ["JSON of something else", "{}\n", /line 1: this is not an export/],
    ["a database", readFileSync(golden.replace(/jsonl$/, "db")), /line 1: /],
    [
      "a newer format",
      replaced(1, '"format":1', '"format":2'),
      /line 1: its format is 2; this lastgood reads format 1/
    ],
    [
      "a header with more in it",
      replaced(1, '"store"', '"x":1,"store"'),
      /line 1: .*not in the form that lastgood writes/
    ],
    ["a byte order mark", `\uFEFF${text}`, /line 1: this is not an export/],
    ["Windows line ends", text.replaceAll("\n", "\r\n"), /line 1: .*not in the form that lastgood writes/],
    ["another head's hash", replaced(1, /"hash":"./, '"hash":"f'), /line 1: the hash of the last event is/],
    [
      "a head that is further",
      replaced(1, '"position":35', '"position":36'),
      /ends at position 35, .* 36: it was truncated/
    ],
    ["a head that is nearer", replaced(1, '"position":35', '"position":34'), /line 36: .*position 34 is the last/],
    ["a cut between lines", joined(lines.slice(0, 20)), /ends at position 19, .* 35: it was truncated/],
    ["a cut in a line", text.slice(0, -100), /line 36: it is truncated/],
    ["a last line without its break", text.slice(0, -1), /line 36: it is truncated/],
    ["a header alone", joined(lines.slice(0, 1)), /ends at position 0/],
    ["an edited field", replaced(9, "reconciler", "recomciler"), /line 9: the event at position 8 was changed/],
    ["edited data", replaced(9, '"data":{', '"data":{ '), /line 9: the event at position 8 was changed/],
    ["a removed line", joined(lines.filter((_, i) => i !== 8)), /line 9: position 8 is missing/],
    ["a line twice", joined(lines.flatMap((l, i) => (i === 8 ? [l, l] : [l]))), /line 10: position 9 is missing/],
    ["lines in another order", swap(8, 9), /line 9: position 8 is missing/],
    ["an empty line", joined(lines.flatMap((l, i) => (i === 8 ? ["", l] : [l]))), /line 9: it is not an event/],
    ["more after the end", `${text}{}\n`, /line 37: it is not an event/],
    [
      "a field twice",
      replaced(9, '"stream":', '"stream":"x","stream":'),
      /line 9: .*not in the form that lastgood writes/
    ],
    ["a field more", replaced(9, '"stream":', '"x":1,"stream":'), /line 9: .*not in the form that lastgood writes/],
    ["a field less", replaced(9, /"actor":"[^"]*",/, ""), /line 9: it is not an event/],
    [
      "white space between fields",
      replaced(9, ',"stream":', ', "stream":'),
      /line 9: .*not in the form that lastgood writes/
    ],
    ["data that is no JSON", replaced(9, '"data":{', '"data":{,'), /line 9: its data is not JSON/],
    ["data that is cut", replaced(9, /\}\}$/, "}"), /line 9: its data is not JSON/],
    ["a huge position", replaced(9, '"position":8', '"position":9e99'), /line 9: it is not an event/],
    ["data that is too deep", replaced(9, /"data":.*$/, `"data":${"[".repeat(100_000)}`), /line 9: .*deeper than 1000/],
    [
      "deep nesting in the envelope",
      replaced(9, /"actor":"[^"]*"/, `"actor":${"[".repeat(50_000)}`),
      /line 9: it is not an event/
    ],
    [
      "bytes that are no UTF-8",
      Buffer.concat([Buffer.from(joined(lines.slice(0, 8))), Buffer.from([0x80, 0x0a])]),
      /line 9: it is not UTF-8 text/
    ]
  ]
  for (const [what, input, reason] of cases) {
    it.live(what, () =>
      Effect.gen(function* () {
        const path = yield* logIn
        const error = yield* Effect.flip(imported(path, input))
        assert.strictEqual(error._tag, "ImportRefused")
        assert.match(error.message, reason)
        assert.isNotEmpty(error.next)
        assert.isFalse(existsSync(join(path, "..")))
      })
    )
  }

  it.live("one endless line, without reading all of it", () =>
    Effect.gen(function* () {
      const path = yield* logIn
      const chunk = Buffer.alloc(1024 * 1024, "x")
      const endless = Readable.from(
        (function* () {
          yield Buffer.from(`${lines[0]}\n`)
          while (true) yield chunk
        })()
      )
      const error = yield* Effect.flip(SqliteImport.run(path, "the file", endless))
      assert.match(error.message, /line 2: it is longer than/)
    })
  )

  it.live("a folder, and a file that is not there", () =>
    Effect.gen(function* () {
      const path = yield* logIn
      const { createReadStream } = yield* Effect.promise(() => import("node:fs"))
      for (const source of [join(path, "../.."), "/nowhere/at/all"]) {
        const error = yield* Effect.flip(SqliteImport.run(path, source, createReadStream(source)))
        assert.match(error.message, /cannot be read/)
      }
    })
  )

  it.live("a root whose log contains events", () =>
    Effect.gen(function* () {
      const path = join(yield* tempFolder, "events.db")
      const store = yield* open({ path })
      yield* store.append("app/a", any, [newEvent()])
      const before = yield* exported(path)
      const error = yield* Effect.flip(imported(path, text))
      assert.match(error.message, /already has 1 events/)
      assert.strictEqual(yield* exported(path), before)
      assert.deepStrictEqual(
        readdirSync(join(path, "..")).filter((name) => name.includes(".new-")),
        []
      )
    })
  )
})

/** Verifies: LAW-6 */
describe("an import", () => {
  it.live("fills an existing empty log, also for a process that has it open", () =>
    Effect.gen(function* () {
      const path = join(yield* tempFolder, "events.db")
      const store = yield* open({ path })
      assert.strictEqual((yield* store.head).position, 0)
      yield* imported(path, text)
      assert.strictEqual((yield* store.head).position, 35)
      assert.deepStrictEqual((yield* store.verify()).problems, [])
      assert.strictEqual(yield* exported(path), text)
      yield* store.append("app/a", any, batch(1))
    })
  )

  it.live("beside another import creates one log", () =>
    Effect.gen(function* () {
      const path = yield* logIn
      const results = yield* Effect.all(
        [1, 2, 3].map(() => Effect.result(imported(path, text))),
        { concurrency: "unbounded" }
      )
      assert.lengthOf(results.filter(Result.isSuccess), 1)
      assert.strictEqual(yield* exported(path), text)
    })
  )

  it.live("leaves a log in WAL mode, and one file", () =>
    Effect.gen(function* () {
      const path = yield* logIn
      yield* imported(path, text)
      assert.deepStrictEqual(readdirSync(join(path, "..")), ["events.db"])
      yield* sql(path, (db) => assert.deepInclude(db.prepare("PRAGMA journal_mode").get(), { journal_mode: "wal" }))
    })
  )

  it.live("removes files of an import that was killed an hour ago, and keeps recent ones", () =>
    Effect.gen(function* () {
      const path = yield* logIn
      const folder = join(path, "..")
      mkdirSync(folder)
      for (const name of ["events.db.new-old", "events.db.new-old-journal", "events.db.new-young"]) {
        writeFileSync(join(folder, name), "draft")
        if (name.includes("old")) utimesSync(join(folder, name), 1e9, 1e9)
      }
      yield* imported(path, text)
      assert.deepStrictEqual(readdirSync(folder).sort(), ["events.db", "events.db.new-young"])
    })
  )
})
