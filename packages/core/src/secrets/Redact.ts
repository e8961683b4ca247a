/**
 * LAW-12: text that other programs printed, without the values that an app was given in confidence, plain or in the
 * disguises that programs put them in, and without whatever looks confidential.
 *
 * Not found: a value that a program encrypted, compressed, hashed, reversed or cut into pieces.
 */
import { withoutUrlSecrets } from "../domain/withoutUrlSecrets.ts"
import { withoutShapes } from "./confidential.ts"

/** Shorter ones stand in every text, and taking them out would make it unreadable; `password=ab` is found by its name. */
const shortest = 3
/** From here on a value is found inside of other words as well. */
const anywhereFrom = 4
/** Also when a terminal's width broke it over two lines. */
const wrappedFrom = 8
/** A piece of base64 that is shorter may be part of anything. */
const shortestEncoded = 6

/** How a value looks inside the base64 of a longer text (`user:value`): for each of the three places where it may begin. */
const insideBase64 = (bytes: Buffer): ReadonlyArray<string> =>
  [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64")
    // Characters that hold bits of the neighbours as well are left out.
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
 * Replaces every secret in a text by `***`; the longest first, so that one that contains another leaves no rest. Cut a
 * text only after it went through here: half a secret is not found any more.
 */
export const redact = (text: string, secrets: ReadonlyArray<string>): string =>
  redactShapes(withoutSecrets(text, secrets))

/** The first half of `redact`: only the values that are known. */
export const withoutSecrets = (text: string, secrets: ReadonlyArray<string>): string =>
  [...new Set(secrets)]
    .filter((secret) => secret.length >= shortest)
    .toSorted((a, b) => b.length - a.length)
    .reduce(without, text)

/** The same where no value is known: URLs without their credentials, and nothing that looks confidential. */
export const redactShapes = (text: string): string => withoutShapes(withoutUrlSecrets(text))
