/** How to write the schema of an event: its type, the version of its shape, its meaning in one line, its fields. */
import * as Schema from "effect/Schema"

export const Text = Schema.String
/** Never NaN or infinite: JSON has neither. */
export const Count = Schema.Finite
/** ISO 8601, UTC. */
export const At = Schema.String
export const Ref = Schema.Struct({ version: Schema.String, commit: Schema.String }).annotate({ identifier: "Ref" })
export const RefOrNull = Schema.NullOr(Ref)
/** The steps of an attempt, written down so that a newer lastgood can finish what an older one began. */
export const Plan = Schema.Array(Text).annotate({ description: "the steps to perform, in order" })

/** How long an attempt kept the app down. */
export const Downtime = Schema.Struct({
  at: At,
  ms: Count,
  downSince: Schema.NullOr(At),
  steps: Schema.Array(Schema.Struct({ step: Text, ms: Count }))
}).annotate({ description: "how long the attempt kept the app down, by step; `downSince`: it is still down" })

/** A field with a description, which `docs/events.md` shows. */
export const noted = <S extends Schema.Top>(schema: S, description: string) => schema.annotate({ description })

/** @param meaning what is true once this event is in the log, in one sentence. `docs/events.md` is made from it. */
export const event = <const T extends string, const V extends number, D extends Schema.Struct.Fields>(
  type: T,
  v: V,
  meaning: string,
  data: D
) =>
  Schema.Struct({ type: Schema.Literal(type), v: Schema.Literal(v), data: Schema.Struct(data) }).annotate({
    description: meaning
  })
