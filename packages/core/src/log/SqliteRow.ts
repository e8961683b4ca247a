/** A row of the log's table, as an array: that takes half the time of an object. */
import type { SQLOutputValue } from "node:sqlite"
import type { StoredEvent, StoredFoldable } from "./HashChain.ts"

/** In the order of `Row`. */
export const columns =
  "event_id, stream, version, position, type, schema_version, recorded_at, actor, attempt, data, prev_hash, hash"

/** The values of `columns`; more may follow. */
export type Row = ReadonlyArray<SQLOutputValue | undefined>

export const positionOf = ([, , , position]: Row): SQLOutputValue | undefined => position

export const eventOf = ([
  id,
  stream,
  version,
  position,
  type,
  v,
  at,
  actor,
  attempt,
  text,
  prev,
  hash
]: Row): StoredEvent => ({
  id: String(id),
  stream: String(stream),
  version: Number(version),
  position: Number(position),
  type: String(type),
  v: Number(v),
  at: String(at),
  actor: String(actor),
  attempt: attempt === null ? null : String(attempt),
  text: String(text),
  prev: String(prev),
  hash: String(hash)
})

/** In the order of `foldableOf`. */
export const foldableColumns = "stream, version, position, type, schema_version, recorded_at, attempt, data"

export const foldableOf = ([stream, version, position, type, v, at, attempt, text]: Row): StoredFoldable => ({
  stream: String(stream),
  version: Number(version),
  position: Number(position),
  type: String(type),
  v: Number(v),
  at: String(at),
  attempt: attempt === null ? null : String(attempt),
  text: String(text)
})
