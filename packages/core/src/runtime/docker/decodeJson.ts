/**
 * What another program printed as JSON, decoded. A failure says where it differs and what was expected there, and never
 * what was found: it may hold secrets (LAW-12), and be of any length.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { explain } from "../../yaml/explain.ts"
import { isTooDeep } from "../../yaml/limits.ts"

const atMost = 500

/** Of a schema's findings the first two, without values. */
export const whereItDiffers = (error: Schema.SchemaError): string =>
  explain(error.issue)
    .slice(0, 2)
    .map(({ text }) => text)
    .join("; ")
    .slice(0, atMost)

/** The failure is a sentence. */
export const decodeJson = <A>(schema: Schema.Decoder<A>, text: string): Effect.Effect<A, string> =>
  Effect.try({
    try: (): unknown => JSON.parse(text),
    catch: () => (text.trim() === "" ? "it printed nothing" : "it is not JSON")
  }).pipe(
    Effect.filterOrFail(
      (value) => !isTooDeep(value),
      () => "it is nested too deeply"
    ),
    Effect.flatMap((value) => Effect.mapError(Schema.decodeUnknownEffect(schema)(value), whereItDiffers))
  )
