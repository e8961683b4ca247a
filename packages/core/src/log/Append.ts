/**
 * What an append means, for every adapter: pure, so that stores differ only in how they hold events. An adapter reads
 * `Known` and writes what `planAppend` returns, both inside one transaction.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { maxDepth } from "./Depth.ts"
import { type Expected, type Head, type NewEvent, VersionConflict } from "./EventStore.ts"
import { hashOf, type StoredEvent } from "./HashChain.ts"

/** A mistake of the writer, never of the world: stores die with it and write nothing. */
export class BatchInvalid extends Schema.TaggedError<BatchInvalid>()("BatchInvalid", {
  stream: Schema.String,
  event: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `event ${this.event} cannot be appended to ${this.stream}: ${this.reason}`
  }
}

/** A new event and the JSON text of its data: what is stored, hashed, and comes back for ever. */
export interface Prepared extends Omit<NewEvent, "data"> {
  readonly text: string
}

/** What the store knows, read in the transaction of the append. */
export interface Known {
  readonly head: Head
  /** The stream's version: 0 when there is none. */
  readonly version: number
  /** The events of the log that have one of the new ids. */
  readonly byId: ReadonlyMap<string, StoredEvent>
}

export interface Plan {
  readonly duplicate: boolean
  /** What to write; when `duplicate`, what was written then. */
  readonly events: ReadonlyArray<StoredEvent>
}

/**
 * What would not come back from JSON as it went in: `JSON.stringify` turns NaN into null and a Date into a string, and
 * an event that cannot be decoded any more blocks its app for ever.
 */
const jsonProblem = (value: unknown, path: string, depth = 0): string | null => {
  if (value === null || typeof value === "string" || typeof value === "boolean") return null
  if (typeof value === "number") return Number.isFinite(value) ? null : `${path} is ${value}, which JSON cannot hold`
  if (typeof value !== "object") return `${path} is of type ${typeof value}, which JSON cannot hold`
  if (depth === maxDepth) return `data is nested deeper than ${maxDepth}, or holds itself`
  const prototype: unknown = Object.getPrototypeOf(value)
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null) {
    return `${path} is an instance of a class, which JSON cannot hold`
  }
  for (const [key, item] of Object.entries(value)) {
    // A field that is undefined is a field that is not there.
    const problem = item === undefined && !Array.isArray(value) ? null : jsonProblem(item, `${path}.${key}`, depth + 1)
    if (problem !== null) return problem
  }
  return null
}

/** A database would cut or replace what is not well-formed, and the hash would no longer fit. */
const isText = (text: string) => text !== "" && text.isWellFormed() && !text.includes("\u0000")

const eventProblem = (stream: string, event: NewEvent): string | null => {
  const { id, type, at, actor, attempt } = event
  const texts = Object.entries({ stream, id, type, at, actor, ...(attempt === null ? {} : { attempt }) })
  const bad = texts.find(([, text]) => !isText(text))
  if (bad !== undefined) return `${bad[0]} is ${JSON.stringify(bad[1])}, expected Unicode text without NUL, not empty`
  if (!Number.isSafeInteger(event.v) || event.v < 1) return `v is ${event.v}, expected 1, 2, 3 …`
  return jsonProblem(event.data, "data")
}

/** Checks a batch and fixes the text of its data. Needs nothing of the store: done before the transaction. */
export const prepare = (
  stream: string,
  events: ReadonlyArray<NewEvent>
): Result.Result<ReadonlyArray<Prepared>, BatchInvalid> => {
  const ids = new Set<string>()
  const prepared: Array<Prepared> = []
  for (const event of events) {
    const reason = ids.has(event.id) ? "its id is twice in the batch" : eventProblem(stream, event)
    if (reason !== null) return Result.fail(new BatchInvalid({ stream, event: `${event.type} ${event.id}`, reason }))
    const { data, ...rest } = event
    ids.add(event.id)
    prepared.push({ ...rest, text: JSON.stringify(data) })
  }
  return Result.succeed(prepared)
}

/** What was expected instead of `actual`; null: nothing else. */
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

const chain = (stream: string, events: ReadonlyArray<Prepared>, known: Known): ReadonlyArray<StoredEvent> => {
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
 * Ids come first: a writer that was killed between the commit and its reply appends again with the version that it saw
 * then, and must hear where its events are, not that somebody was faster. An id that is known from elsewhere is no such
 * retry, and calling it one would claim that events are in the log that are not.
 */
export const planAppend = (
  stream: string,
  expected: Expected,
  events: ReadonlyArray<Prepared>,
  known: Known
): Result.Result<Plan, VersionConflict | BatchInvalid> => {
  const originals = events.flatMap((event) => known.byId.get(event.id) ?? [])
  const stray = originals.find((original) => original.stream !== stream || originals.length < events.length)
  if (stray !== undefined) {
    const reason = `its id is in the log at position ${stray.position} of ${stray.stream}, but not with this batch`
    return Result.fail(new BatchInvalid({ stream, event: `${stray.type} ${stray.id}`, reason }))
  }
  if (originals.length > 0) return Result.succeed({ duplicate: true, events: originals })
  const wanted = unmet(expected, known.version)
  if (wanted !== null) return Result.fail(new VersionConflict({ stream, expected: wanted, actual: known.version }))
  return Result.succeed({ duplicate: false, events: chain(stream, events, known) })
}
