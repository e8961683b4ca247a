/** What the tests of the SQLite log share: a folder that goes away, a store on a path, and SQL behind its back. */
import { DatabaseSync } from "node:sqlite"
import { EventStore } from "@lastgood/core/log/EventStore"
import { layer, type Options } from "@lastgood/core/log/EventStoreSqlite"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

export const tempFolder = temporaryFolder()

/** A store, closed with the scope. */
export const open = (options: Options) => Effect.map(Layer.build(layer(options)), Context.get(EventStore))

/** Runs SQL on a log, like the sqlite3 program. */
export const sql = <A>(path: string, work: (db: DatabaseSync) => A): Effect.Effect<A> =>
  Effect.acquireUseRelease(
    Effect.sync(() => new DatabaseSync(path)),
    (db) => Effect.sync(() => work(db)),
    (db) => Effect.sync(() => db.close())
  )

/**
 * Does what the triggers refuse, as somebody would who drops them first, and puts them back so that nothing but the
 * events tells.
 */
export const tamper = (path: string, work: (db: DatabaseSync) => void) =>
  sql(path, (db) => {
    const triggers = db.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").all()
    for (const { name } of triggers) db.exec(`DROP TRIGGER ${String(name)}`)
    work(db)
    for (const trigger of triggers) db.exec(String(trigger["sql"]))
  })
