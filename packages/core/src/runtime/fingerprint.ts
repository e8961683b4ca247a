/**
 * A keyed hash of everything that an engine was asked to run, to detect manual changes (LAW-16). It goes into the log,
 * and its input includes values of the env file: without the app's own key, a short password could be found by trying
 * (LAW-12). Two hashes are compared only when `domain/sameConfig.ts` says that they are comparable.
 */
import { createHash, createHmac } from "node:crypto"

/** The version of the hash. A change that gives another hash for the same configuration increments it. */
const scheme = "1"

/** Lists whose order matters. */
const lists = new Set(["Command", "Args", "Test", "Cmd", "Entrypoint", "Nameservers", "Search", "Preferences", "Dns"])

/** @returns `<scheme>.<key id>.<hash>`; null: there is no key yet. */
export const fingerprint = (key: string | null, value: unknown): string | null => {
  if (key === null) return null
  const which = createHash("sha256").update(key).digest("hex").slice(0, 8)
  const word = createHmac("sha256", key)
    .update(JSON.stringify(canonical(value)))
    .digest("hex")
    .slice(0, 32)
  return `${scheme}.${which}.${word}`
}

/**
 * The same value for configurations with the same meaning: unordered lists are sorted, and defaults that an engine
 * fills in are removed. Every entry of a list counts.
 */
export const canonical = (value: unknown, name = ""): unknown => {
  if (Array.isArray(value)) {
    const entries = value.map((entry) => canonical(entry))
    return lists.has(name) ? entries : entries.toSorted((a, b) => compare(JSON.stringify(a), JSON.stringify(b)))
  }
  if (value === null || typeof value !== "object") return value
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, entry]) => [key, canonical(entry, key)] as const)
      .filter(([, entry]) => !isEmpty(entry))
      .toSorted(([a], [b]) => compare(a, b))
  )
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const isEmpty = (value: unknown): boolean => {
  if (value === null || value === undefined || value === "" || value === 0 || value === false) return true
  return typeof value === "object" && Object.keys(value).length === 0
}
