/**
 * Compose's interpolation, for docker clients that cannot show an interpolated file (`docker stack config` came with
 * 23.0; Debian 12 has 20.10): `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME-default}`, `${NAME:?message}`,
 * `${NAME?message}` and `$$`. As in that client, only values are interpolated, never keys, and a default is taken
 * literally.
 */
import * as Result from "effect/Result"

type Variables = Readonly<Record<string, string>>

/** A required variable without a value, or an invalid `$`. It contains no values, so it may be shown (LAW-12). */
export interface Unresolved {
  readonly reason: string
}

// Bounded, since a text of nested starts (`${A:-${A:-…`) would take quadratic time.
const pattern = /\$(?:(\$)|([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:(:?[-?])([^}]{0,1024}))?\}|)/g

/** A parsed document with every string interpolated, and what stood in the way. */
export interface Interpolated {
  readonly value: unknown
  readonly problems: ReadonlyArray<string>
  /** Required variables without a value, once each. */
  readonly unset: ReadonlyArray<string>
}

/** Goes on after a problem: a variable without a value becomes empty. */
export const interpolateAll = (document: unknown, variables: Variables): Interpolated => {
  const problems: Array<string> = []
  const unset = new Set<string>()
  const text = (value: string): string =>
    value.replace(pattern, (whole, dollar, bare, name, operator, word) => {
      if (dollar !== undefined) return "$"
      const asked: string = bare ?? name ?? ""
      const known = Object.hasOwn(variables, asked) ? variables[asked] : undefined
      if (bare === undefined && name === undefined) {
        problems.push("a $ that does not start a variable: write $$ for a literal $")
        return whole
      }
      const isSet = operator?.startsWith(":") ? known !== undefined && known !== "" : known !== undefined
      if (isSet || operator === undefined) return known ?? ""
      if (operator.endsWith("-")) return word
      problems.push(`the required variable ${name} has no value${word === "" ? "" : `: ${word}`}`)
      unset.add(name)
      return ""
    })
  const walk = (value: unknown): unknown => {
    if (typeof value === "string") return text(value)
    if (Array.isArray(value)) return value.map(walk)
    if (typeof value !== "object" || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, walk(inner)]))
  }
  return { value: walk(document), problems, unset: [...unset] }
}

/** Every string in a parsed document, interpolated. */
export const interpolate = (document: unknown, variables: Variables): Result.Result<unknown, Unresolved> => {
  const { problems, value } = interpolateAll(document, variables)
  const [reason] = problems
  return reason === undefined ? Result.succeed(value) : Result.fail({ reason })
}
