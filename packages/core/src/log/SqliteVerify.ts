/** Verifies a log's file: the chain of its events, its tables and triggers, its pages. */
import { DatabaseSync } from "node:sqlite"
import type { Head, Verification } from "./EventStore.ts"
import { type StoredEvent, verifyChain } from "./HashChain.ts"
import { exactEvents } from "./SqliteExact.ts"
import { schema } from "./SqliteSchema.ts"

/** More problems are counted, not listed: a rewritten log has one for every event. */
const maxProblems = 50

const definitions = (db: DatabaseSync): ReadonlyMap<string, string> =>
  new Map(
    db
      .prepare("SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'")
      .all()
      .map((row) => [`${row["type"]} ${row["name"]}`, String(row["sql"])])
  )

/** A view in place of the table, or a foreign trigger, could show `verify` other events than the rest of lastgood. */
const schemaProblems = (db: DatabaseSync): ReadonlyArray<string> => {
  const model = new DatabaseSync(":memory:")
  try {
    model.exec(schema)
    const expected = definitions(model)
    const found = definitions(db)
    return [
      ...[...expected].flatMap(([name, sql]) => {
        const seen = found.get(name)
        if (seen === undefined) return [`the file was changed: its ${name} is missing`]
        return seen === sql ? [] : [`the file was changed: its ${name} is not the one that lastgood creates`]
      }),
      ...[...found.keys()].filter((name) => !expected.has(name)).map((name) => `the file contains a foreign ${name}`)
    ]
  } finally {
    model.close()
  }
}

const pageProblems = (db: DatabaseSync): ReadonlyArray<string> =>
  db
    .prepare("PRAGMA integrity_check(20)")
    .all()
    .map((row) => String(row["integrity_check"]))
    .filter((check) => check !== "ok")
    .map((check) => `the file is damaged: ${check}`)

const told = (problems: ReadonlyArray<string>): ReadonlyArray<string> =>
  problems.length <= maxProblems
    ? problems
    : [...problems.slice(0, maxProblems), `and ${problems.length - maxProblems} more problems`]

export const verifyFile = (db: DatabaseSync, expectHead?: Head): Verification => {
  const inexact: Array<string> = []
  const events = function* (): Iterable<StoredEvent> {
    for (const { event, problems } of exactEvents(db)) {
      inexact.push(...problems)
      yield event
    }
  }
  const { head, problems } = verifyChain(events(), expectHead)
  // The schema comes first: a change there explains the other problems.
  return { head, problems: told([...schemaProblems(db), ...inexact, ...problems, ...pageProblems(db)]) }
}
