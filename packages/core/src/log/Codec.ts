/**
 * Converts between the log's envelopes and the events of the domain. An event that this lastgood does not know (a type,
 * or a newer version of one) becomes an `UnknownEvent`, kept raw. A known event that cannot be decoded is an error and
 * never skipped: a state folded without it would be wrong.
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import { Event, type EventOf, type EventType, type UnknownEvent } from "../domain/Event.ts"
import { advise, nextText } from "../domain/Next.ts"
import { decodedAsIs } from "./decodedAsIs.ts"
import type { Envelope, Foldable, NewEvent } from "./EventStore.ts"
import { type Upcasters, upcast, upcasters } from "./Upcast.ts"

/**
 * An event of a known type and version whose data does not match its schema: the log was changed, or a bug wrote it.
 */
export class EventUndecodable extends Schema.TaggedError<EventUndecodable>()("EventUndecodable", {
  position: Schema.Int,
  stream: Schema.String,
  type: Schema.String,
  v: Schema.Int,
  /** Path of the field in `data`, with dots; empty: the data as a whole. */
  field: Schema.String,
  /** What was expected and what was found there. */
  reason: Schema.String
}) {
  get next() {
    return nextText(
      null,
      advise`run \`${{ do: "Verify" }}\`; if the chain is whole, report this with the event at position ${this.position}`
    )
  }
  override get message() {
    const where = this.field === "" ? "its data" : `its field ${this.field}`
    return `the event at position ${this.position} (${this.type} v${this.v} of ${this.stream}) cannot be read: ${where}: ${this.reason}`
  }
}

/** A member of a union of events, as `domain/Event.ts` defines them. */
interface EventSchema<E> extends Schema.Codec<E, unknown> {
  readonly fields: {
    readonly type: { readonly literal: string }
    readonly v: { readonly literal: number }
    readonly data: Schema.Codec<unknown, unknown>
  }
}

export interface Codec<E> {
  readonly decode: (envelope: Foldable) => Result.Result<E | UnknownEvent, EventUndecodable>
}

interface Decoder {
  readonly newest: number
  /** Whether `decode` would return the data itself. */
  readonly isDecoded: (input: unknown) => boolean
  /** Of the data alone. */
  readonly decode: (input: unknown) => Result.Result<unknown, Schema.SchemaError>
}

const formatIssues = SchemaIssue.makeFormatterStandardSchemaV1()

const firstIssue = (error: Schema.SchemaError) => {
  const [issue] = formatIssues(error.issue).issues
  const path = (issue?.path ?? []).map((part) => String(typeof part === "object" ? part.key : part))
  return { path, reason: issue?.message ?? error.message }
}

/**
 * A codec for a union of events. Compiling a decoder costs more than using it, so each is compiled when the first event
 * of its type is read.
 *
 * @param members one schema per type, each at its newest version.
 */
export const make = <E>(members: ReadonlyArray<EventSchema<E>>, steps: Upcasters): Codec<E> => {
  const schemas = new Map(members.map((member) => [member.fields.type.literal, member]))
  const compiled = new Map<string, Decoder>()

  const decoderOf = (type: string): Decoder | undefined => {
    const schema = schemas.get(type)
    const decoder = compiled.get(type)
    if (decoder !== undefined || schema === undefined) return decoder
    const { data, v } = schema.fields
    const fresh = { newest: v.literal, isDecoded: decodedAsIs(data), decode: Schema.decodeUnknownResult(data) }
    compiled.set(type, fresh)
    return fresh
  }

  const decode = (envelope: Foldable): Result.Result<E | UnknownEvent, EventUndecodable> => {
    const { type, v, data, position, stream } = envelope
    const decoder = decoderOf(type)
    if (decoder === undefined || v > decoder.newest) return Result.succeed({ unknown: true, type, v, data })
    if (v === decoder.newest && decoder.isDecoded(data)) return Result.succeed({ type, v, data } as E)
    const current = upcast(steps, type, v, decoder.newest, data)
    const undecodable = (path: ReadonlyArray<string>, reason: string) =>
      Result.fail(new EventUndecodable({ position, stream, type, v, field: path.join("."), reason }))
    if (current === null) return undecodable([], `version ${v} of ${type} was never released`)
    // A long log is read in seconds, so an event that can be decoded costs no more than that.
    if (Result.isFailure(current)) {
      const { path, reason } = firstIssue(current.failure)
      return undecodable(path, reason)
    }
    const decoded = decoder.decode(current.success)
    // The schema of the whole event is this type, this version and this data.
    if (Result.isSuccess(decoded)) return Result.succeed({ type, v: decoder.newest, data: decoded.success } as E)
    const { path, reason } = firstIssue(decoded.failure)
    return undecodable(path, reason)
  }
  return { decode }
}

const codec = make<Event>(Event.members, upcasters)

/** The event in an envelope, as a `Result`. */
export const decodeResult: (envelope: Foldable) => Result.Result<Event | UnknownEvent, EventUndecodable> = codec.decode

/** The event in an envelope. */
export const decodeEnvelope = (envelope: Envelope): Effect.Effect<Event | UnknownEvent, EventUndecodable> =>
  Effect.fromResult(decodeResult(envelope))

/**
 * The form of an event in the log. It is always written in the newest version of its type, the only one that has a
 * TypeScript type.
 */
export const encodeEvent = ({ type, v, data }: EventOf<EventType>): Pick<NewEvent, "type" | "v" | "data"> => ({
  type,
  v,
  data
})
