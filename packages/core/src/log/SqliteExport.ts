/**
 * Exports a SQLite log, line by line. Only a log with an intact chain is exported, since no other could be imported.
 */
import type { DatabaseSync } from "node:sqlite"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { advise, nextText } from "../domain/Next.ts"
import { StoreUnavailable } from "./EventStore.ts"
import { eventLine, type Header, headerLine } from "./ExportFormat.ts"
import { chainChecker } from "./HashChain.ts"
import { exactEvents } from "./SqliteExact.ts"
import { attempt } from "./SqliteFailure.ts"
import * as SqliteFile from "./SqliteFile.ts"
import { make } from "./SqliteLog.ts"

const notWhole = (path: string, problem: string) =>
  new StoreUnavailable({
    path,
    reason: `it is damaged, so it is not exported: ${problem}`,
    next: nextText(
      null,
      advise`run \`${{ do: "Verify" }}\`, and keep the file: \`sqlite3 -readonly\` reads what is in it`
    )
  })

const headerOf = (path: string, db: DatabaseSync): Header => {
  const store = db.prepare("SELECT store_id FROM meta").get()?.["store_id"]
  if (typeof store !== "string" || store === "") throw notWhole(path, "its store id is missing")
  return { store, head: make(db).head() }
}

function* linesOf(path: string, db: DatabaseSync, header: Header): Generator<string> {
  yield headerLine(header)
  const checker = chainChecker()
  // Events that are appended after the head was read belong to the next export.
  for (const { event, problems } of header.head.position === 0 ? [] : exactEvents(db)) {
    const [problem] = [...problems, ...checker.next(event)]
    if (problem !== undefined) throw notWhole(path, problem)
    yield eventLine(event)
    if (event.position === header.head.position) break
  }
  if (checker.head().hash !== header.head.hash) throw notWhole(path, "its last event was changed")
}

export interface Export extends Header {
  /** The whole text, in chunks of some whole lines, each with its line feed. */
  readonly parts: Stream.Stream<string, StoreUnavailable>
}

const linesAtATime = 100

/** Opens an existing log, to export its current content. Closed with the scope. */
export const open = Effect.fn("SqliteExport.open")(function* (path: string) {
  const { db } = yield* SqliteFile.open(path, true)
  const header = yield* attempt(path, () => headerOf(path, db))
  const parts = Stream.suspend(() => {
    const lines = linesOf(path, db, header)
    const part = attempt(path, () => {
      let text = ""
      for (let n = 0; n < linesAtATime; n++) {
        const line = lines.next()
        if (line.done === true) break
        text += `${line.value}\n`
      }
      return text
    })
    return Stream.takeWhile(Stream.fromEffectRepeat(part), (text) => text !== "")
  })
  const opened: Export = { ...header, parts }
  return opened
})
