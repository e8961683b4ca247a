/**
 * Imports an export as a log, with its store id, into a root that has no events yet. Everything is first written to a
 * draft and verified there, so that nothing is visible until all of it is known to be good.
 */
import * as fs from "node:fs"
import { dirname } from "node:path"
import type { DatabaseSync } from "node:sqlite"
import type { Readable } from "node:stream"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { messageOf } from "../domain/messageOf.ts"
import { advise, nextText } from "../domain/Next.ts"
import type { StoreUnavailable } from "./EventStore.ts"
import { type Header, parseEvent, parseHeader } from "./ExportFormat.ts"
import { chainChecker } from "./HashChain.ts"
import { type Line, LineUnreadable, linesOf } from "./Lines.ts"
import * as SqliteDraft from "./SqliteDraft.ts"
import { attempt } from "./SqliteFailure.ts"
import * as SqliteFile from "./SqliteFile.ts"
import { insertInto, transaction } from "./SqliteLog.ts"
import { noReplace } from "./SqliteSchema.ts"
import { verifyFile } from "./SqliteVerify.ts"

export class ImportRefused extends Schema.TaggedError<ImportRefused>()("ImportRefused", {
  /** The file, or "standard input". */
  source: Schema.String,
  /** null: the problem is not in one line. */
  line: Schema.NullOr(Schema.Int),
  reason: Schema.String,
  next: Schema.String
}) {
  override get message() {
    const where = this.line === null ? "" : `line ${this.line}: `
    return `${this.source} was not imported, nothing was changed: ${where}${this.reason}`
  }
}

/** Far beyond what lastgood writes. It bounds the memory for a file that is not an export. */
export const maxLineBytes = 64 * 1024 * 1024

const another = nextText(
  null,
  advise`use another copy of the export, or make a new one on the old host: \`${{ do: "Export" }}\``
)

/** Writes each line to the draft, in one transaction. The first invalid line ends it. */
const copy = async (source: string, input: Readable, begin: (header: Header) => DatabaseSync): Promise<Header> => {
  const refused = (line: number | null, reason: string) => new ImportRefused({ source, line, reason, next: another })
  const right = <A>({ number }: Line, result: Result.Result<A, string>): A => {
    if (Result.isSuccess(result)) return result.success
    throw refused(number, result.failure)
  }
  const lines = linesOf(input, maxLineBytes)
  const first = await lines.next()
  if (first.done === true) throw refused(null, "it is empty")
  const header = right(first.value, parseHeader(first.value.text))
  const db = begin(header)
  try {
    const insert = insertInto(db)
    const checker = chainChecker()
    db.exec("BEGIN")
    // A draft has one writer, which never replaces. The trigger would look into three indexes for every event.
    db.exec("DROP TRIGGER events_no_replace")
    for await (const line of lines) {
      const event = right(line, parseEvent(line.text))
      if (event.position > header.head.position) {
        throw refused(line.number, `its first line says that position ${header.head.position} is the last`)
      }
      const [problem] = checker.next(event)
      if (problem !== undefined) throw refused(line.number, problem)
      try {
        insert(event)
      } catch (error) {
        throw refused(line.number, `the log cannot hold it: ${messageOf(error)}`)
      }
    }
    const { hash, position } = checker.head()
    if (position !== header.head.position) {
      throw refused(
        null,
        `it ends at position ${position}, its first line says ${header.head.position}: it was truncated`
      )
    }
    if (hash !== header.head.hash) throw refused(1, `the hash of the last event is ${hash}, not ${header.head.hash}`)
    db.exec(noReplace)
    db.exec("COMMIT")
    // Read it back from disk before it is used.
    const [problem] = verifyFile(db, header.head).problems
    if (problem !== undefined) throw refused(null, problem)
    SqliteFile.preferWal(db)
    return header
  } finally {
    db.close()
  }
}

/** Whether the error is the input's. An error of SQLite has the code ERR_SQLITE_ERROR. */
const isOfSystem = (error: unknown): error is Error =>
  error instanceof Error && "code" in error && typeof error.code === "string" && /^E[A-Z]+$/.test(error.code)

const filled = (source: string, input: Readable, draft: string, path: string) =>
  Effect.tryPromise({
    try: (signal) => {
      signal.addEventListener("abort", () => input.destroy())
      return copy(source, input, (header) => SqliteDraft.begin(draft, header.store))
    },
    catch: (error) => error
  }).pipe(
    Effect.ensuring(Effect.sync(() => input.destroy())),
    Effect.catch((error): Effect.Effect<never, ImportRefused | StoreUnavailable> => {
      if (error instanceof ImportRefused) return Effect.fail(error)
      if (error instanceof LineUnreadable) {
        const { line, message } = error
        return Effect.fail(new ImportRefused({ source, line, reason: message, next: another }))
      }
      if (isOfSystem(error)) {
        const reason = `it cannot be read: ${error.message}`
        return Effect.fail(new ImportRefused({ source, line: null, reason, next: "choose a readable file" }))
      }
      return attempt(path, () => {
        throw error
      })
    })
  )

/** Fills an existing, empty log. Replacing its file would take it away from processes that have it open. */
const fillEmpty = Effect.fnUntraced(function* (source: string, draft: string, path: string) {
  const { db } = yield* SqliteFile.open(path, false)
  const before = yield* attempt(path, () => {
    db.prepare("ATTACH ? AS draft").run(draft)
    return transaction(db, () => {
      const events = Number(db.prepare("SELECT count(*) AS n FROM main.events").get()?.["n"])
      if (events > 0) return events
      db.exec(`
        UPDATE main.meta SET store_id = (SELECT store_id FROM draft.meta);
        INSERT INTO main.events SELECT * FROM draft.events ORDER BY position;
      `)
      return 0
    })
  })
  if (before > 0) return yield* hasEvents(source, path, before)
}, Effect.scoped)

const hasEvents = (source: string, path: string, events: number) =>
  new ImportRefused({
    source,
    line: null,
    reason: `the log ${path} already has ${events} events`,
    next: "choose another root, or move that log away (events.db, with its -wal and -shm) and import again"
  })

/** Refuses before the input is read. */
const refuseFilled = Effect.fnUntraced(function* (source: string, path: string) {
  if (!fs.existsSync(path)) return
  const { db } = yield* SqliteFile.open(path, true)
  const last = yield* attempt(path, () => db.prepare("SELECT count(*) AS n FROM events").get()?.["n"])
  if (Number(last) > 0) return yield* hasEvents(source, path, Number(last))
}, Effect.scoped)

/**
 * @param path of the new log; its folder is created (0700) if it is missing.
 * @param source the name of the input in errors.
 */
export const run = Effect.fn("SqliteImport.run")(function* (path: string, source: string, input: Readable) {
  yield* refuseFilled(source, path)
  const folder = dirname(path)
  const made = yield* attempt(path, () => fs.mkdirSync(folder, { recursive: true, mode: 0o700 }) !== undefined)
  const unmake = Effect.sync(() => {
    if (made && fs.readdirSync(folder).length === 0) fs.rmdirSync(folder)
  })
  return yield* SqliteDraft.withDraft(
    path,
    Effect.fnUntraced(function* (draft) {
      const header = yield* filled(source, input, draft, path)
      const isThere = !(yield* SqliteDraft.publish(draft, path))
      if (isThere) yield* fillEmpty(source, draft, path)
      return header
    })
  ).pipe(Effect.onError(() => unmake))
})
