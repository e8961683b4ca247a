/**
 * The meaning of an append, the same for every adapter. Pure, so that stores differ only in how they keep events. An
 * adapter reads `Known` and writes what `planAppend` returns, both in one transaction.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { maxDepth } from "./Depth.ts"
import { type Expected, type Head, type NewEvent, VersionConflict } from "./EventStore.ts"
import { hashOf, type StoredEvent } from "./HashChain.ts"

/** A programming error in the caller: stores die with it and write nothing. */
export class BatchInvalid extends Schema.TaggedError<BatchInvalid>()("BatchInvalid", {
  stream: Schema.String,
  event: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `event ${this.event} cannot be appended to ${this.stream}: ${this.reason}`
  }
}

/** A new event with the JSON text of its data. This text is stored and hashed, and never changes. */
export interface PreparedEvent extends Omit<NewEvent, "data"> {
  readonly text: string
}

/** What the store knows, read in the transaction of the append. */
export interface Known {
  readonly head: Head
  /** The stream's version; 0: the stream does not exist. */
  readonly version: number
  /** The logged events that have one of the new ids. */
  readonly byId: ReadonlyMap<string, StoredEvent>
}

export interface Plan {
  readonly duplicate: boolean
  /** The events to write; when `duplicate`, the events that were written before. */
  readonly events: ReadonlyArray<StoredEvent>
}

/**
 * The first value that would change in JSON. `JSON.stringify` turns NaN into null and a Date into a string, and an
 * event that can no longer be decoded blocks its app for ever.
 */
const jsonProblem = (value: unknown, path: string, depth = 0): string | null => {
  if (value === null || typeof value === "string" || typeof value === "boolean") return null
  if (typeof value === "number") return Number.isFinite(value) ? null : `${path} is ${value}, which JSON cannot hold`
  if (typeof value !== "object") return `${path} is of type ${typeof value}, which JSON cannot hold`
  if (depth === maxDepth) return `data is nested deeper than ${maxDepth}, or contains itself`
  const prototype: unknown = Object.getPrototypeOf(value)
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null) {
    return `${path} is an instance of a class, which JSON cannot hold`
  }
  for (const [key, item] of Object.entries(value)) {
    // A field with the value undefined counts as missing.
    const problem = item === undefined && !Array.isArray(value) ? null : jsonProblem(item, `${path}.${key}`, depth + 1)
    if (problem !== null) return problem
  }
  return null
}

/** A database would truncate or replace text that is not well-formed, and the hash would no longer match. */
const isText = (text: string) => text !== "" && text.isWellFormed() && !text.includes("\u0000")

const eventProblem = (stream: string, event: NewEvent): string | null => {
  const { id, type, at, actor, attempt } = event
  const texts = Object.entries({ stream, id, type, at, actor, ...(attempt === null ? {} : { attempt }) })
  const bad = texts.find(([, text]) => !isText(text))
  if (bad !== undefined) return `${bad[0]} is ${JSON.stringify(bad[1])}, expected Unicode text without NUL, not empty`
  if (!Number.isSafeInteger(event.v) || event.v < 1) return `v is ${event.v}, expected 1, 2, 3 …`
  return jsonProblem(event.data, "data")
}

/** Checks a batch and fixes the text of its data. Needs no store, so it runs before the transaction. */
export const prepare = (
  stream: string,
  events: ReadonlyArray<NewEvent>
): Result.Result<ReadonlyArray<PreparedEvent>, BatchInvalid> => {
  const ids = new Set<string>()
  const prepared: Array<PreparedEvent> = []
  for (const event of events) {
    const reason = ids.has(event.id) ? "its id occurs twice in the batch" : eventProblem(stream, event)
    if (reason !== null) return Result.fail(new BatchInvalid({ stream, event: `${event.type} ${event.id}`, reason }))
    const { data, ...rest } = event
    ids.add(event.id)
    prepared.push({ ...rest, text: JSON.stringify(data) })
  }
  return Result.succeed(prepared)
}

/** What was expected instead of `actual`; null: `actual` is as expected. */
const unmet = (expected: Expected, actual: number): string | null => {
  switch (expected._tag) {
    case "Any":
      return null
    case "NoStream":
      return actual === 0 ? null : "no stream"
    case "StreamExists":
      return actual > 0 ? null : "a stream that exists"
    case "Exactly":
      return actual === expected.version ? null : `version ${expected.version}`
  }
}

const chain = (stream: string, events: ReadonlyArray<PreparedEvent>, known: Known): ReadonlyArray<StoredEvent> => {
  const chained: Array<StoredEvent> = []
  let prev = known.head.hash
  for (const [index, event] of events.entries()) {
    const linked = {
      ...event,
      stream,
      version: known.version + 1 + index,
      position: known.head.position + 1 + index,
      prev
    }
    const hash = hashOf(linked)
    chained.push({ ...linked, hash })
    prev = hash
  }
  return chained
}

/**
 * Ids are compared first. A writer that was killed between the commit and its reply appends again with the version that
 * it saw before, and must learn the positions of its events instead of a conflict. An id that belongs to another batch
 * is not such a retry, and treating it as one would claim events that are not in the log.
 */
export const planAppend = (
  stream: string,
  expected: Expected,
  events: ReadonlyArray<PreparedEvent>,
  known: Known
): Result.Result<Plan, VersionConflict | BatchInvalid> => {
  const originals = events.flatMap((event) => known.byId.get(event.id) ?? [])
  const stray = originals.find((original) => original.stream !== stream || originals.length < events.length)
  if (stray !== undefined) {
    const reason = `its id is already in the log at position ${stray.position} of ${stray.stream}, with another batch`
    return Result.fail(new BatchInvalid({ stream, event: `${stray.type} ${stray.id}`, reason }))
  }
  if (originals.length > 0) return Result.succeed({ duplicate: true, events: originals })
  const wanted = unmet(expected, known.version)
  if (wanted !== null) return Result.fail(new VersionConflict({ stream, expected: wanted, actual: known.version }))
  return Result.succeed({ duplicate: false, events: chain(stream, events, known) })
}
