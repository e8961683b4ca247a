/**
 * A health check as written in the configuration or by a plugin, and the `Check` made from it. Its first key names its
 * kind.
 */
import * as Schema from "effect/Schema"
import type { Check } from "../domain/Check.ts"
import { orList } from "../domain/orList.ts"
import { kinds } from "../health/kinds.ts"

export const checkKeys: ReadonlyArray<string> = Object.keys(kinds)

const all = Object.values(kinds)

export const CheckFile = Schema.Union(all.map(({ file }) => file)).annotate({
  expected: `a check with one of the keys ${orList(checkKeys)}`,
  // Never quoted: a command or a URL in its place may hold a password.
  secret: true
})
/** A decoded check, with defaults filled in and durations in milliseconds. */
export type CheckFile = typeof CheckFile.Type
/** A check as written. */
export type CheckText = typeof CheckFile.Encoded

export const toCheck = (written: CheckFile, domain: string): Check => {
  for (const { read } of all) {
    const check = read(written, domain)
    if (check !== null) return check
  }
  throw new Error(`a check without one of the keys ${orList(checkKeys)}`)
}

/** Makes names unique, because evidence is kept by name: the second `exec psql` becomes `exec psql #2`. */
export const distinct = (checks: ReadonlyArray<Check>): ReadonlyArray<Check> => {
  const seen = new Map<string, number>()
  return checks.map((check) => {
    const count = (seen.get(check.name) ?? 0) + 1
    seen.set(check.name, count)
    return count === 1 ? check : { ...check, name: `${check.name} #${count}` }
  })
}

export const toChecks = (checks: ReadonlyArray<CheckFile>, domain: string): ReadonlyArray<Check> =>
  distinct(checks.map((check) => toCheck(check, domain)))
