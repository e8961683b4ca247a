/** Durations as people write them: a whole number and a unit, `500ms`, `20s`, `5m`, `12h`, `2d`, `1w`. */
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"

const millisPer: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000
}

/** @param text matches one of the patterns below. */
const millisOf = (text: string): number => {
  const digits = Number.parseInt(text, 10)
  return digits * (millisPer[text.slice(String(digits).length)] ?? 1)
}

// Six digits: even in weeks, the sum with any date is still a date.
const make = (pattern: RegExp, expected: string) => (description: string, byDefault?: string) =>
  Schema.String.annotate({
    description,
    expected,
    ...(byDefault === undefined ? {} : { default: byDefault })
  }).pipe(
    Schema.check(Schema.isPattern(pattern, { expected })),
    Schema.decodeTo(
      Schema.Number,
      SchemaTransformation.transform({ decode: millisOf, encode: (millis) => `${millis}ms` })
    )
  )

/** A duration that may be zero (`0s`), decoded to milliseconds. */
export const duration = make(
  /^(?:0|[1-9]\d{0,5})(?:ms|s|m|h|d|w)$/u,
  "a duration such as `500ms`, `20s`, `5m`, `12h` or `2d`"
)

/** A duration greater than zero, decoded to milliseconds: for deadlines, timeouts and intervals. */
export const positiveDuration = make(
  /^[1-9]\d{0,5}(?:ms|s|m|h|d|w)$/u,
  "a duration greater than zero, such as `500ms`, `20s`, `5m`, `12h` or `2d`"
)

/** A duration greater than zero, decoded to milliseconds, or `off`, decoded to null. */
export const durationOrOff = (description: string, byDefault: string) => {
  const expected = "a duration greater than zero, such as `30s` or `5m`, or `off`"
  return Schema.String.annotate({ description, expected, default: byDefault }).pipe(
    Schema.check(Schema.isPattern(/^(?:off|[1-9]\d{0,5}(?:ms|s|m|h|d|w))$/u, { expected })),
    Schema.decodeTo(
      Schema.NullOr(Schema.Number),
      SchemaTransformation.transform({
        decode: (text) => (text === "off" ? null : millisOf(text)),
        encode: (millis) => (millis === null ? "off" : `${millis}ms`)
      })
    )
  )
}
