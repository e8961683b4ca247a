/** The JSON Schema of `lastgood.yaml` for editors, made from the schema that lastgood reads it with. */
import * as Schema from "effect/Schema"
import { ConfigFile } from "./ConfigFile.ts"

/** The text of `packages/core/lastgood.schema.json`. Written by `node packages/core/src/config/writeJsonSchema.ts`. */
export const jsonSchemaText = (): string => {
  const { definitions, schema } = Schema.toJsonSchemaDocument(ConfigFile, { onExcessProperty: "error" })
  const document = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    ...schema,
    ...(Object.keys(definitions).length === 0 ? {} : { $defs: definitions })
  }
  return `${JSON.stringify(document, null, 2)}\n`
}
