/**
 * The log as SQL: synchronous, on an open database. Every write is one short transaction under SQLite's writer lock
 * (`BEGIN IMMEDIATE`). No other writer can come between reading and writing versions and positions, so they have no
 * gaps and follow the order of commits.
 */
import type { DatabaseSync } from "node:sqlite"
import * as Result from "effect/Result"
import { type BatchInvalid, type Plan, type PreparedEvent, planAppend } from "./Append.ts"
import type { Expected, Head, Verification, VersionConflict } from "./EventStore.ts"
import { emptyHead, type StoredEvent, type StoredFoldable, verifyChain } from "./HashChain.ts"
import { columns, eventOf, foldableColumns, foldableOf, type Row } from "./SqliteRow.ts"
import { verifyFile } from "./SqliteVerify.ts"

export interface Reader {
  readonly head: () => Head
  /** @param limit -1: all. */
  readonly read: (stream: string, afterVersion: number, limit: number) => ReadonlyArray<StoredEvent>
  /** @param limit -1: all. */
  readonly readAll: (after: number, limit: number) => ReadonlyArray<StoredEvent>
  readonly readToFold: (after: number, limit: number) => ReadonlyArray<StoredFoldable>
  readonly streams: () => ReadonlyArray<string>
  /** Checks the chain, the file's tables and triggers, and, through SQLite, its pages and indexes. */
  readonly verify: (expectHead?: Head) => Verification
}

export interface SqliteLog extends Reader {
  readonly append: (
    stream: string,
    expected: Expected,
    events: ReadonlyArray<PreparedEvent>
  ) => Result.Result<Plan, VersionConflict | BatchInvalid>
}

/** A log that does not exist yet. */
export const empty: Reader = {
  head: () => emptyHead,
  read: () => [],
  readAll: () => [],
  readToFold: () => [],
  streams: () => [],
  verify: (expectHead) => verifyChain([], expectHead)
}

/** Prepares a query. */
const rowsOf = (db: DatabaseSync, selected: string, where: string) => {
  const statement = db.prepare(`SELECT ${selected} FROM events ${where}`)
  statement.setReturnArrays(true)
  return (...parameters: ReadonlyArray<string | number>): ReadonlyArray<Row> => {
    // The type of `all` does not know about arrays.
    const rows: ReadonlyArray<unknown> = statement.all(...parameters)
    return rows as ReadonlyArray<Row>
  }
}

const selecting = (db: DatabaseSync, where: string) => {
  const rows = rowsOf(db, columns, where)
  return (...parameters: ReadonlyArray<string | number>): ReadonlyArray<StoredEvent> => rows(...parameters).map(eventOf)
}

const afterPosition = "WHERE position > ? ORDER BY position LIMIT ?"

/**
 * Runs `work` between BEGIN and COMMIT. If it throws, nothing is changed. It is synchronous, so no other fiber of this
 * process can run in between.
 */
export const transaction = <A>(db: DatabaseSync, work: () => A): A => {
  db.exec("BEGIN IMMEDIATE")
  try {
    const result = work()
    db.exec("COMMIT")
    return result
  } finally {
    if (db.isTransaction) db.exec("ROLLBACK")
  }
}

export const insertInto = (db: DatabaseSync): ((event: StoredEvent) => void) => {
  const add = db.prepare(`INSERT INTO events (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  return ({ id, stream, version, position, type, v, at, actor, attempt, text, prev, hash }) => {
    add.run(id, stream, version, position, type, v, at, actor, attempt, text, prev, hash)
  }
}

/** From each stream to the next in the index. DISTINCT would read all of it, however few streams there are. */
const eachStream = `
  WITH RECURSIVE each(stream) AS (
    SELECT min(stream) FROM events
    UNION ALL
    SELECT (SELECT min(stream) FROM events WHERE stream > each.stream) FROM each WHERE each.stream IS NOT NULL
  )
  SELECT stream FROM each WHERE stream IS NOT NULL`

/** @param db an open log, as `SqliteFile.open` returns it. */
export const make = (db: DatabaseSync): SqliteLog => {
  const byId = selecting(db, "WHERE event_id = ?")
  const last = db.prepare("SELECT position, hash FROM events ORDER BY position DESC LIMIT 1")
  const lastOf = db.prepare("SELECT version FROM events WHERE stream = ? ORDER BY version DESC LIMIT 1")
  const ofStream = selecting(db, "WHERE stream = ? AND version > ? ORDER BY version LIMIT ?")
  const after = selecting(db, afterPosition)
  const toFold = rowsOf(db, foldableColumns, afterPosition)
  const streams = db.prepare(eachStream)
  const head = (): Head => {
    const row = last.get()
    return row === undefined ? emptyHead : { position: Number(row["position"]), hash: String(row["hash"]) }
  }
  const insert = insertInto(db)

  const known = (stream: string, events: ReadonlyArray<PreparedEvent>) => ({
    head: head(),
    version: Number(lastOf.get(stream)?.["version"] ?? 0),
    byId: new Map(events.flatMap(({ id }) => byId(id).map((event) => [id, event] as const)))
  })

  return {
    head,
    append: (stream, expected, events) =>
      transaction(db, () => {
        const plan = planAppend(stream, expected, events, known(stream, events))
        if (Result.isSuccess(plan) && !plan.success.duplicate) for (const event of plan.success.events) insert(event)
        return plan
      }),
    read: ofStream,
    readAll: after,
    readToFold: (position, limit) => toFold(position, limit).map(foldableOf),
    streams: () => streams.all().map((row) => String(row["stream"])),
    verify: (expectHead) => verifyFile(db, expectHead)
  }
}
