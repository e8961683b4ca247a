/**
 * Decodes JSON output of another program. A failure tells the place and what was expected there, but never the value:
 * it may contain secrets (LAW-12) and be of any length.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { explain } from "../../yaml/explain.ts"
import { isTooDeep } from "../../yaml/limits.ts"

const atMost = 500

/** The first two issues of a schema error, without values. */
export const whereItDiffers = (error: Schema.SchemaError): string =>
  explain(error.issue)
    .slice(0, 2)
    .map(({ text }) => text)
    .join("; ")
    .slice(0, atMost)

/** The failure is a message. */
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
