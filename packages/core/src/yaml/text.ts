/**
 * Building blocks of the file's schema. `expected` is the allowed value in messages; `secret` keeps the value out of
 * them.
 */
import * as Schema from "effect/Schema"
import { orList } from "../domain/orList.ts"

export interface TextOptions {
  /** The whole text must match; with the `u` flag, so that it is part of the JSON Schema too. */
  readonly pattern: RegExp
  readonly expected: string
  readonly description: string
  readonly examples?: ReadonlyArray<string>
  /** LAW-12: the value may contain a secret and is never shown. */
  readonly secret?: boolean
}

export const text = ({ pattern, expected, description, examples, secret }: TextOptions) =>
  Schema.String.annotate({
    description,
    expected,
    ...(examples === undefined ? {} : { examples }),
    ...(secret === true ? { secret } : {})
  }).pipe(Schema.check(Schema.isPattern(pattern, { expected })))

/** A text of one line that is not blank. */
export const line = (options: Omit<TextOptions, "pattern">) =>
  text({ ...options, pattern: /^[^\r\n\0]*\S[^\r\n\0]*$/u })

export const integer = (minimum: number, maximum: number, description: string, byDefault?: number) => {
  const expected = `a whole number from ${minimum} to ${maximum}`
  return Schema.Number.annotate({
    description,
    expected,
    ...(byDefault === undefined ? {} : { default: byDefault })
  }).pipe(Schema.check(Schema.isInt({ expected }), Schema.isBetween({ minimum, maximum }, { expected })))
}

export const oneOf = <const L extends ReadonlyArray<string>>(literals: L, description: string, byDefault?: L[number]) =>
  Schema.Literals(literals).annotate({
    description,
    expected: orList(literals),
    ...(byDefault === undefined ? {} : { default: byDefault })
  })
