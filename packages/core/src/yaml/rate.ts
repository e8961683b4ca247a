/** Rates as people write them: a whole number and a unit, `20MB/s`. */
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"

const bytesPer: Readonly<Record<string, number>> = { "MB/s": 1e6, "GB/s": 1e9 }

const expected = "a rate of at least `1MB/s`, such as `20MB/s` or `1GB/s`"

/** Decoded to bytes per second. Decimal units, as `domain/size.ts` prints them. */
export const rate = (description: string) =>
  Schema.String.annotate({ description, expected }).pipe(
    Schema.check(Schema.isPattern(/^[1-9]\d{0,5}(?:MB|GB)\/s$/u, { expected })),
    Schema.decodeTo(
      Schema.Number,
      SchemaTransformation.transform({
        decode: (text) => Number.parseInt(text, 10) * (bytesPer[text.slice(-4)] ?? 1),
        encode: (bytes) => `${bytes / 1e6}MB/s`
      })
    )
  )
