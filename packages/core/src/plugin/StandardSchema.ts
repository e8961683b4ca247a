/**
 * The part of Standard Schema (version 1) that lastgood uses. zod, valibot and Effect (`Schema.toStandardSchemaV1`)
 * implement it, so a plugin can choose its validator and the validator's version.
 */

export interface StandardIssue {
  readonly message: string
  readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined
}

export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: ReadonlyArray<StandardIssue> }

export interface StandardSchema<Output> {
  readonly "~standard": {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>
  }
}

/** Throws if a getter of the value throws. */
export const isStandardSchema = (value: unknown): value is StandardSchema<unknown> => {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false
  if (!("~standard" in value)) return false
  const standard = value["~standard"]
  return (
    typeof standard === "object" &&
    standard !== null &&
    "validate" in standard &&
    typeof standard.validate === "function"
  )
}
