/**
 * LAW-12: removes an app's confidential values from text of other programs, plain or in the common encodings, and
 * whatever looks confidential.
 *
 * Not detected: a value that a program encrypted, compressed, hashed, reversed or split.
 */
import { withoutUrlSecrets } from "../domain/withoutUrlSecrets.ts"
import { withoutShapes } from "./confidential.ts"

/**
 * Shorter values occur in every text, so replacing them would make it unreadable. `password=ab` is found by its name.
 */
const shortest = 3
/** Values of this length or more are also found inside of other words. */
const anywhereFrom = 4
/** Values of this length or more are also found when the terminal's width broke them over two lines. */
const wrappedFrom = 8
/** A shorter piece of base64 may be part of anything. */
const shortestEncoded = 6

/**
 * The forms of a value inside the base64 of a longer text (`user:value`), for each of the three possible alignments.
 */
const insideBase64 = (bytes: Buffer): ReadonlyArray<string> =>
  [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64")
    // Characters that also encode bits of the neighbours are left out.
    return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6))
  })

const jsonEscaped = (value: string): string => JSON.stringify(value).slice(1, -1)
const goEscaped = (value: string): string =>
  jsonEscaped(value).replace(/[<>&]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`)
const lowerHex = (text: string): string => text.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase())

const urlEncoded = (value: string): ReadonlyArray<string> => {
  const encoded = encodeURIComponent(value.toWellFormed())
  const strict = encoded.replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
  return [encoded, strict].flatMap((text) => [text, lowerHex(text), text.replaceAll("%20", "+")])
}

const disguises = (value: string): ReadonlyArray<string> => {
  const bytes = Buffer.from(value)
  const base64 = insideBase64(bytes).filter((piece) => piece.length >= shortestEncoded)
  const hex = bytes.length >= anywhereFrom ? [bytes.toString("hex"), bytes.toString("hex").toUpperCase()] : []
  return [
    value,
    jsonEscaped(value),
    goEscaped(value),
    ...urlEncoded(value),
    value.replaceAll("'", "'\\''"),
    value.replaceAll("'", `'"'"'`),
    value.replaceAll("$", "$$$$"),
    value.replace(/[^\w@%+=:,./-]/gu, "\\$&"),
    ...base64,
    ...base64.map((piece) => piece.replaceAll("+", "-").replaceAll("/", "_")),
    ...hex
  ]
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")

const wrapped = (value: string): RegExp =>
  new RegExp([...value].map(escaped).join("(?:[ \\t]{0,8}\\r?\\n[ \\t]{0,80})?"), "g")

const without = (text: string, value: string): string => {
  if (value.length < anywhereFrom) {
    return text.replace(new RegExp(`(?<![\\w])${escaped(value)}(?![\\w])`, "g"), "***")
  }
  const plain = disguises(value)
    .filter((form) => form.length >= anywhereFrom)
    .toSorted((a, b) => b.length - a.length)
    .reduce((clean, form) => clean.replaceAll(form, "***"), text)
  return value.length >= wrappedFrom && plain.includes("\n") ? plain.replace(wrapped(value), "***") : plain
}

/**
 * Replaces every secret in a text by `***`, the longest first, so that a secret that contains another is removed
 * completely. Truncate a text only after this: half a secret is not found.
 */
export const redact = (text: string, secrets: ReadonlyArray<string>): string =>
  redactShapes(withoutSecrets(text, secrets))

/** The first half of `redact`: only the known values. */
export const withoutSecrets = (text: string, secrets: ReadonlyArray<string>): string =>
  [...new Set(secrets)]
    .filter((secret) => secret.length >= shortest)
    .toSorted((a, b) => b.length - a.length)
    .reduce(without, text)

/** The same without known values: removes credentials of URLs, and whatever looks confidential. */
export const redactShapes = (text: string): string => withoutShapes(withoutUrlSecrets(text))
