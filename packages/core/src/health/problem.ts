/** A network error as evidence: short, plain, without credentials (LAW-12). */
import type { Check } from "../domain/Check.ts"
import { redactShapes } from "../secrets/Redact.ts"

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset",
  EHOSTUNREACH: "host unreachable",
  EPIPE: "connection closed",
  ENETUNREACH: "network unreachable",
  ENOTFOUND: "host not found",
  EAI_AGAIN: "DNS server does not respond",
  ETIMEDOUT: "connection timed out"
}

/**
 * The problem for people. Node names the cause in `code`; an error about several addresses has a code and no message.
 */
export const problemOf = (error: unknown): string => {
  if (!(error instanceof Error)) return oneLine(String(error))
  const code = "code" in error && typeof error.code === "string" ? error.code : ""
  // OpenSSL (Node) and rustls (Deno) have different messages for this.
  if (/wrong version number/i.test(error.message)) return "the server does not speak TLS"
  return (Object.hasOwn(words, code) ? words[code] : undefined) ?? oneLine(error.message || code || error.name)
}

/** The longest part of a text that is processed. */
const longest = 4096

/** Foreign text, redacted and shortened so that it can be kept in an event. */
export const oneLine = (text: string): string =>
  redactShapes(text.slice(0, longest)).replaceAll(/\s+/g, " ").trim().slice(0, 300)

const shownNames = new WeakMap<Check, string>()

/**
 * LAW-12: the check's name, which is often its URL, without credentials. Worked out once for each check, which the daemon
 * runs again and again.
 */
export const checkName = (check: Check): string => {
  const known = shownNames.get(check)
  if (known !== undefined) return known
  const name = oneLine(check.name)
  shownNames.set(check, name)
  return name
}

/** A duration for people: `0.5 s`, `20 s`, `5 min`. */
export const spoken = (ms: number): string =>
  ms >= 120_000 && ms % 60_000 === 0 ? `${ms / 60_000} min` : `${Math.round(ms / 100) / 10} s`
