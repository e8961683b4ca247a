/** What a service of a compose file says of itself: labels, in both of their forms, and its HEALTHCHECK. */
import * as Schema from "effect/Schema"

export type Labels = Readonly<Record<string, string>>

/** Where the HEALTHCHECK of its containers comes from: the compose file, nowhere (`disable`), or what the image says. */
export type Healthcheck = "compose" | "none" | "image"

const optional = <S extends Schema.Constraint>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))

const Value = Schema.NullOr(Schema.Union([Schema.String, Schema.Number, Schema.Boolean]))
export const RawLabels = Schema.Union([Schema.Array(Schema.String), Schema.Record(Schema.String, Value)])

export const RawHealthcheck = Schema.Struct({
  test: optional(Schema.Union([Schema.String, Schema.Array(Schema.String)])),
  disable: optional(Schema.Boolean)
})

export const labelsOf = (raw: typeof RawLabels.Type | null | undefined): Labels => {
  const entries = Array.isArray(raw)
    ? raw.map((line): readonly [string, string] => {
        const at = line.indexOf("=")
        return at === -1 ? [line, ""] : [line.slice(0, at), line.slice(at + 1)]
      })
    : Object.entries(raw ?? {}).map(([name, value]): readonly [string, string] => [name, String(value ?? "")])
  return Object.fromEntries(entries)
}

/** Whether a `test` looks at anything: an empty list leaves the image's, `NONE` takes it away. */
const looks = (test: string | ReadonlyArray<string> | null | undefined): Healthcheck => {
  const [first] = typeof test === "string" ? [test === "" ? undefined : "CMD-SHELL"] : (test ?? [])
  return first === undefined ? "image" : first === "NONE" ? "none" : "compose"
}

export const healthcheckOf = (raw: typeof RawHealthcheck.Type | null | undefined): Healthcheck =>
  raw?.disable === true ? "none" : looks(raw?.test)
