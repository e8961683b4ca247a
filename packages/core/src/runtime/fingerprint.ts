/**
 * One word for all that an engine was asked to run, by which a change by hand is seen (LAW-16). It goes into the log, and
 * what it is made of holds the values of the env file: without the app's own key a short password could be found by trying
 * (LAW-12). Two words are only compared when `domain/sameConfig.ts` says that they can be.
 */
import { createHash, createHmac } from "node:crypto"

/** Of how the word is made. A change that gives another word for the same configuration gets the next number. */
const scheme = "1"

/** Their order says something. */
const lists = new Set(["Command", "Args", "Test", "Cmd", "Entrypoint", "Nameservers", "Search", "Preferences", "Dns"])

/** @returns `<scheme>.<which key>.<word>`; null: there is no key yet. */
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
 * The same for what means the same: no order where there is none, and nothing that an engine fills in where it was left
 * out. Of a list every entry counts.
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
