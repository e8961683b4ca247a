/**
 * The events as stored in the file, byte for byte: for `verify` and `export`. Reading a TEXT as a string hides changes:
 * bytes that are not UTF-8 become U+FFFD, and on Deno everything after a NUL is omitted. Strings that contain no U+FFFD and
 * have as many bytes as are stored hide nothing. Others are read again as bytes. Numbers are read without loss, however
 * large.
 */
import type { DatabaseSync, SQLOutputValue } from "node:sqlite"
import type { StoredEvent } from "./HashChain.ts"
import { columns, eventOf, positionOf, type Row } from "./SqliteRow.ts"

/** How many events are in memory at a time. */
const pageSize = 250

const texts = {
  id: "event_id",
  stream: "stream",
  type: "type",
  at: "recorded_at",
  actor: "actor",
  attempt: "attempt",
  text: "data",
  prev: "prev_hash",
  hash: "hash"
} as const

const numbers = { position: "position", version: "version", v: "schema_version" } as const

const asBytes = [
  ...Object.entries(texts).map(([name, column]) => `CAST(${column} AS BLOB) AS ${name}`),
  ...Object.entries(numbers).map(([name, column]) => `${column} AS ${name}`)
].join(", ")

/** A row, and after it how many bytes its texts have. */
const asStrings = `${columns}, ${Object.values(texts)
  .map((column) => `length(CAST(coalesce(${column}, '') AS BLOB))`)
  .join(" + ")}`

export interface Exact {
  readonly event: StoredEvent
  /** Problems that make the event unreadable, so that its hash cannot be checked. */
  readonly problems: ReadonlyArray<string>
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
const lenient = new TextDecoder("utf-8", { ignoreBOM: true })

const exact = (row: Record<string, SQLOutputValue>): Exact => {
  const problems: Array<string> = []
  const place = `the event at position ${row["position"]}`
  const text = (name: keyof typeof texts): string => {
    const bytes = row[name]
    if (!(bytes instanceof Uint8Array)) return String(bytes)
    try {
      return strict.decode(bytes)
    } catch {
      problems.push(`${place} was changed: its ${texts[name]} is not UTF-8 text`)
      return lenient.decode(bytes)
    }
  }
  const number = (name: keyof typeof numbers): number => {
    const value = Number(row[name])
    if (!Number.isSafeInteger(value)) problems.push(`${place} was changed: its ${numbers[name]} is ${row[name]}`)
    return value
  }
  const event: StoredEvent = {
    id: text("id"),
    stream: text("stream"),
    version: number("version"),
    position: number("position"),
    type: text("type"),
    v: number("v"),
    at: text("at"),
    actor: text("actor"),
    attempt: row["attempt"] === null ? null : text("attempt"),
    text: text("text"),
    prev: text("prev"),
    hash: text("hash")
  }
  return { event, problems }
}

const bytesOf = (text: SQLOutputValue | undefined): number => {
  if (text === null) return 0
  return typeof text === "string" && !text.includes("\uFFFD") ? Buffer.byteLength(text) : Number.NaN
}

const whole: ReadonlyArray<string> = []

/** A row of `asStrings`, if nothing is hidden in it; null: something may be. */
const unhidden = (row: Row): Exact | null => {
  const [id, stream, , , type, , at, actor, attempt, text, prev, hash, bytes] = row
  const read = [id, stream, type, at, actor, attempt, text, prev, hash].reduce<number>(
    (sum, one) => sum + bytesOf(one),
    0
  )
  const event = eventOf(row)
  const isExact =
    read === Number(bytes) &&
    Number.isSafeInteger(event.position) &&
    Number.isSafeInteger(event.version) &&
    Number.isSafeInteger(event.v)
  return isExact ? { event, problems: whole } : null
}

/**
 * All events from the lowest position (also below 1), a page at a time. Never `statement.iterate`: on Deno 2.9 it ends
 * at a damaged page as if that were the end of the log, while `all` throws.
 */
export function* exactEvents(db: DatabaseSync): Iterable<Exact> {
  // The cursor is an exact integer. A number would round a huge position and read the same page for ever.
  const statement = db.prepare(
    `SELECT ${asStrings} FROM events WHERE position >= ? ORDER BY position LIMIT ${pageSize}`
  )
  statement.setReadBigInts(true)
  statement.setReturnArrays(true)
  const again = db.prepare(`SELECT ${asBytes} FROM events WHERE position = ?`)
  again.setReadBigInts(true)
  const highest = 2n ** 63n - 1n
  let from = -(2n ** 63n)
  while (true) {
    // The type of `all` does not know about arrays.
    const rows: ReadonlyArray<unknown> = statement.all(from)
    const page = rows as ReadonlyArray<Row>
    for (const row of page) {
      yield unhidden(row) ?? exact(again.get(positionOf(row) ?? null) ?? {})
    }
    const last = positionOf(page.at(-1) ?? [])
    if (typeof last !== "bigint" || last === highest) return
    from = last + 1n
  }
}
