/**
 * The part of Standard Schema (version 1) that lastgood uses: what zod, valibot and (through `Schema.toStandardSchemaV1`)
 * Effect offer in common, so that a plugin can bring the validator that it likes, at the version that it likes.
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

/** Throws where a getter of the value does. */
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
