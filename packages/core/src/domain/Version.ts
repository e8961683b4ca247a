/**
 * Versions as recipes write them: `10.7.1+26.6.2`, the recipe's semver, `+`, the version of the app in it. SemVer calls
 * the second part build metadata and ignores it; here it counts. Pure, and total over any text: a text that is not a
 * version is older than every version, so that an app that runs a bare commit can still be upgraded.
 */
import compareSemver from "semver/functions/compare.js"
import parseSemver from "semver/functions/parse.js"
import type { Policy } from "./App.ts"
import { isStamp, parseRevision, postgresSuffix, type Revision, restName } from "./Revision.ts"

export interface Version {
  /** The tag unchanged, as in git and in the log. */
  readonly raw: string
  /** Semver of the recipe, without a leading `v` and without the app part. */
  readonly recipe: string
  /** Version of the app, null for a plain semver tag. */
  readonly app: string | null
}

/** The size of the change from one version to another. */
export type Change = "patch" | "minor" | "major"

/**
 * A version ends up in labels, variables and file names, so only characters that are safe in all of them are accepted:
 * git itself would allow quotes, `;` and `$` in a tag.
 */
const shape = /^v?(?<recipe>\d[0-9A-Za-z.-]*)(?:\+(?<app>[0-9A-Za-z][0-9A-Za-z._+-]*))?$/

/** @returns null for a tag that is not a version. A revision is not a tag. */
export const parseVersion = (raw: string): Version | null => {
  const parts = raw.length > 128 ? undefined : shape.exec(raw)?.groups
  const recipe = parts?.["recipe"]
  if (recipe === undefined || parseSemver(recipe) === null) return null
  return { raw, recipe, app: parts?.["app"] ?? null }
}

/** Whether it has a place in the order. */
export const isVersion = (raw: string): boolean => parseVersion(raw) !== null || parseRevision(raw) !== null

/** Whether the recipe part is a pre-release (`2.0.0-rc.1+…`), which is never chosen automatically. */
export const isPrerelease = (raw: string): boolean => {
  const version = parseVersion(raw)
  return version !== null && parseSemver(version.recipe)?.prerelease.length !== 0
}

/** Numbers and words of an app part; separators, case and a `v` before the number carry no meaning. */
const tokens = (app: string | null): ReadonlyArray<string> =>
  (app ?? "")
    .toLowerCase()
    .replace(/^v(?=\d)/, "")
    .match(/\d+|[a-z]+/g) ?? []

const isNumber = (token: string): boolean => /^\d/.test(token)
const beforeRelease = /^(alpha|beta|canary|dev|nightly|pre|preview|rc|snapshot)$/
const end = ""

/** Order of kinds at one position: pre-release word < end < other word < number. */
const rank = (token: string): number => (token === end ? 1 : isNumber(token) ? 3 : beforeRelease.test(token) ? 0 : 2)

const sign = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Numbers of any length (dates, build ids): without leading zeros, the longer one is larger. */
const compareNumbers = (a: string, b: string): number => {
  const [x, y] = [a.replace(/^0+/, ""), b.replace(/^0+/, "")]
  return x.length - y.length || sign(x, y)
}

const compareTokens = (a: string, b: string): number =>
  rank(a) - rank(b) || (isNumber(a) ? compareNumbers(a, b) : sign(a, b))

/** Index of the first token that differs, and how; null: none does. */
const firstDifference = (a: ReadonlyArray<string>, b: ReadonlyArray<string>) => {
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const order = compareTokens(a[at] ?? end, b[at] ?? end)
    if (order !== 0) return { at, order }
  }
  return null
}

/**
 * Total order: what is no version, then versions of tags, then revisions by their numbers. Versions of tags: the recipe
 * part by semver, then the app part token by token (numbers as numbers, so `9` < `10`; missing
 * before present, so `27.0` < `27.0.1` < `27.0.1-fpm`; but `27.0.1-rc1` < `27.0.1`), then the raw text.
 *
 * Tokens are totally ordered and sequences compared lexicographically, which is what makes the whole transitive.
 *
 * @returns negative: `a` is older; 0: the same text; positive: `a` is newer.
 */
export const compareVersions = (a: string, b: string): number => {
  const [p, q] = [parseRevision(a), parseRevision(b)]
  if (p !== null && q !== null) return p.number - q.number || sign(a, b)
  if (p !== null || q !== null) return p === null ? -1 : 1
  const [x, y] = [parseVersion(a), parseVersion(b)]
  if (x === null || y === null) return Number(x !== null) - Number(y !== null) || sign(a, b)
  return compareSemver(x.recipe, y.recipe) || firstDifference(tokens(x.app), tokens(y.app))?.order || sign(a, b)
}

const recipeChange = (a: string, b: string): Change => {
  const [x, y] = [parseSemver(a), parseSemver(b)]
  if (x?.major !== y?.major) return "major"
  return x?.minor === y?.minor ? "patch" : "minor"
}

/** Starts with a number of its own: `26.6.2`, `v3`; not `latest`, nor a commit such as `4f2a91c`. */
const isNumbered = (app: string | null): boolean => /^v?\d+(?![0-9A-Za-z])/i.test(app ?? "")

/**
 * A difference at or before the first number is major, at the second minor, after it patch. An app part that does not
 * start with a number says nothing about compatibility, so any change of it is major; so is an app part that appears or
 * disappears.
 */
const appChange = (a: string | null, b: string | null): Change => {
  const [x, y] = [tokens(a), tokens(b)]
  const difference = firstDifference(x, y)
  if (difference === null) return "patch"
  if (!isNumbered(a) || !isNumbered(b)) return "major"
  const numbersBefore = x.slice(0, difference.at).filter(isNumber).length
  return numbersBefore === 0 ? "major" : numbersBefore === 1 ? "minor" : "patch"
}

const sizes: ReadonlyArray<Change> = ["patch", "minor", "major"]

/**
 * The change of one service. A tag that does not tell a version is followed on purpose, so an image without a known
 * version counts as minor.
 */
export const serviceChange = (a: string, b: string): Change => {
  if (a === b) return "patch"
  return isStamp(a) || isStamp(b) ? "minor" : appChange(a, b)
}

const largest = (changes: ReadonlyArray<Change>): Change =>
  sizes[Math.max(0, ...changes.map((c) => sizes.indexOf(c)))] ?? "major"

/** The largest change of its services: a major of one service is a major of the whole. */
const revisionChange = (x: Revision, y: Revision): Change => {
  const names = [...new Set([...x.services.keys(), ...y.services.keys()])]
  return largest(
    names.map((name) => {
      const [a, b] = [x.services.get(name), y.services.get(name)]
      return a === undefined || b === undefined ? "minor" : serviceChange(a, b)
    })
  )
}

/** The larger change of the two parts, in either direction. To or from a text that is not a version: major. */
export const changeBetween = (a: string, b: string): Change => {
  const [p, q] = [parseRevision(a), parseRevision(b)]
  if (p !== null && q !== null) return revisionChange(p, q)
  const [x, y] = [parseVersion(a), parseVersion(b)]
  if (x === null || y === null) return a === b ? "patch" : "major"
  return largest([recipeChange(x.recipe, y.recipe), appChange(x.app, y.app)])
}

/** Whether an automatic upgrade may go from `from` to `to`. Never to an older version. */
export const allowed = (policy: Policy, from: string, to: string): boolean =>
  policy !== "manual" &&
  compareVersions(from, to) < 0 &&
  sizes.indexOf(changeBetween(from, to)) <= sizes.indexOf(policy)

/**
 * Whether the recipe is newer and the app in it older (`2.1.0+2.3.0` → `2.3.0+2.2.19`): old code on data that newer code
 * may have migrated. Only numbers are compared; `27.0.1-fpm` and `27.0.1`, or `latest`, do not tell.
 */
export const isOlderApp = (from: string, to: string): boolean => {
  const [p, q] = [parseRevision(from), parseRevision(to)]
  if (p !== null && q !== null) {
    return [...q.services].some(
      ([service, value]) => service !== restName && isOlder(p.services.get(service) ?? null, value)
    )
  }
  return isOlder(parseVersion(from)?.app ?? null, parseVersion(to)?.app ?? null)
}

/** The service whose PostgreSQL would get another major, which cannot read the data of the present one; null: none. */
export const postgresMajor = (
  from: string,
  to: string
): { readonly service: string; readonly from: string; readonly to: string } | null => {
  const [p, q] = [parseRevision(from), parseRevision(to)]
  for (const [name, value] of q?.services ?? []) {
    const before = p?.services.get(name)
    if (!name.endsWith(postgresSuffix) || before === undefined) continue
    const [was = before, will = value] = [/\d+/.exec(before)?.[0], /\d+/.exec(value)?.[0]]
    if (was !== will) return { service: name.slice(0, -postgresSuffix.length), from: was, to: will }
  }
  return null
}

const isOlder = (x: string | null, y: string | null): boolean => {
  if (!isNumbered(x) || !isNumbered(y) || isStamp(x ?? "") || isStamp(y ?? "")) return false
  const [a, b] = [tokens(x), tokens(y)]
  const difference = firstDifference(a, b)
  if (difference === null || difference.order <= 0) return false
  return [a, b].every((all) => isNumber(all[difference.at] ?? ""))
}
