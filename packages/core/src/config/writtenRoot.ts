/**
 * The `root:` of a configuration without reading the rest of it, which takes a second for a thousand apps. Whoever uses it
 * has it confirmed by a process that read all of the same text. Pure.
 */

/** A key of the file itself in which a root may be written in another way: merged, quoted, in braces. */
const other = /^(?:[{?%&!"']|<<|---|\.\.\.)/m

/** A path that YAML reads as it is written, and what comes after its line. */
const plain = /^root:[ \t]+([~/.\w][\w./~-]*)[ \t]*(?:[ \t]#[^\n]*)?\r?(?:\n|$)/m

/** Blank lines and comments, after which a text that goes on is indented. */
const isContinued = /^(?:[ \t]*(?:#[^\n]*)?\r?\n)*[ \t]+[^\s#]/

/** @returns the root as written, or null if the text has none; undefined: the text has to be read. */
export const writtenRoot = (text: string): string | null | undefined => {
  if (other.test(text)) return undefined
  const keys = text.match(/^root[ \t]*:/gm) ?? []
  if (keys.length === 0) return null
  const found = plain.exec(text)
  const [line = "", path] = found ?? []
  return keys.length > 1 || found === null || isContinued.test(text.slice(found.index + line.length)) ? undefined : path
}
