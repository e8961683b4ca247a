/** Formats numbers, times and texts for people. Pure, but for the time zone of the host. */

export { durationText as duration } from "@lastgood/core/domain/durationText"
export { countedSize, size } from "@lastgood/core/domain/size"
export { instants, time } from "@lastgood/core/notify/hostTime"

import { time } from "@lastgood/core/notify/hostTime"

/** The time of day in the time zone of the host: `23:10:03`. */
export const timeOfDay = (iso: string): string => time(iso).slice(11, 19)

/**
 * Replaces control characters by `?`, because texts of recipes, apps and tools could otherwise move the cursor, change
 * colours or hide text in a terminal. Line breaks stay.
 */
export const visible = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}]/gu, (character) => (character === "\n" ? "\n" : character === "\t" ? " " : "?"))

/** The same, on one line. */
export const oneLine = (text: string): string => visible(text.replace(/\s*\n\s*/g, " ").trim())

/** Cuts a text to a length in characters; the log has the whole. */
export const short = (text: string, length = 160): string =>
  text.length > length ? `${text.slice(0, length - 1)}…` : text

/** Cuts a text in the middle, because versions differ at both ends. `--json` has the whole. */
export const cut = (text: string, length: number): string => {
  const kept = length - 1
  return text.length > length
    ? `${text.slice(0, Math.ceil(kept / 2))}…${text.slice(text.length - Math.floor(kept / 2))}`
    : text
}

/** No line has room for a longer name of a version. */
const longestName = 40

/** The same for the digests and the long names in a text. Paths and addresses stay, because people type them. */
export const readable = (text: string): string => {
  const shorter = text.replace(/\b(sha256:[0-9a-f]{12})[0-9a-f]{52}\b/g, "$1…")
  return shorter.replace(/[\w.+=,-]+/g, (word, at: number) =>
    /\d/.test(word) && !isPartOfPath(shorter, word, at) ? cut(word, longestName) : word
  )
}

const isPartOfPath = (text: string, word: string, at: number): boolean =>
  "/:".includes(text.charAt(at - 1) || " ") || "/:".includes(text.charAt(at + word.length) || " ")

export const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`

/**
 * JSON that is safe in a terminal. JSON itself escapes only control characters below a space; this escapes all characters
 * that `visible` replaces, without a change of meaning.
 */
export const visibleJson = (json: string): string =>
  json.replace(/[\p{Cc}\p{Cf}]/gu, (character) =>
    character === "\n"
      ? character
      : character
          .split("")
          .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
          .join("")
  )
