/**
 * Converts old events: the data of version `v` of a type becomes data of version `v + 1`. Events are never rewritten;
 * the steps run, one after another, each time an old event is decoded.
 *
 * Rules: within a version only optional fields are added. Anything else is a new version in `domain/Event.ts`, a step
 * here, and a fixture of the new version in `test/fixtures/events`. A step is never removed or changed.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { subjectOf } from "../domain/alerts.ts"

/** One version up. Fails when the data does not match its version. */
export type UpcastStep = (data: unknown) => Result.Result<unknown, Schema.SchemaError>

/** By type, then by the version that a step starts from. */
export type Upcasters = Readonly<Record<string, Readonly<Record<number, UpcastStep>>>>

/**
 * A step from a released shape, kept for ever as a schema, to the next.
 *
 * @param from the data as that version wrote it.
 * @param up total and pure: no clock, no random. A field that the old event does not have becomes null or a documented
 *   default.
 */
export const step = <A>(from: Schema.Codec<A, unknown>, up: (data: A) => unknown): UpcastStep => {
  let decode: ((data: unknown) => Result.Result<A, Schema.SchemaError>) | undefined
  return (data) => {
    decode ??= Schema.decodeUnknownResult(from)
    return Result.map(decode(data), up)
  }
}

/** Applies the steps from version `v` to `newest`. null: a step is missing, so the version was never released. */
export const upcast = (
  upcasters: Upcasters,
  type: string,
  v: number,
  newest: number,
  data: unknown
): Result.Result<unknown, Schema.SchemaError> | null => {
  let current: Result.Result<unknown, Schema.SchemaError> = Result.succeed(data)
  for (let from = v; from < newest; from++) {
    const next = upcasters[type]?.[from]
    if (next === undefined) return null
    current = Result.flatMap(current, next)
  }
  return current
}

const RefOrNull = Schema.NullOr(Schema.Struct({ version: Schema.String, commit: Schema.String }))

/** In version 1, the end of a successful try and an operator's rollback were the same event. */
const RollbackStarted1 = Schema.Struct({
  attempted: RefOrNull,
  lastGood: RefOrNull,
  snapshot: Schema.NullOr(Schema.String),
  by: Schema.Literals(["failure", "operator"]),
  reason: Schema.String,
  plan: Schema.Array(Schema.String)
})

/** Version 1 of an alert had no subject. Its outcome implies the subject, and the gate of a refusal is not known. */
const AlertRaised1 = Schema.Struct({
  alert: Schema.String,
  outcome: Schema.String,
  attempted: RefOrNull,
  lastGood: RefOrNull,
  recovered: Schema.Boolean,
  why: Schema.String,
  next: Schema.String
})

/** The steps of this lastgood, for every event that is at a later version than 1. */
export const upcasters: Upcasters = {
  RollbackStarted: { 1: step(RollbackStarted1, (data) => data) },
  AlertRaised: { 1: step(AlertRaised1, (data) => ({ ...data, subject: subjectOf(data.outcome) })) }
}
