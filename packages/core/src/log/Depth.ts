/**
 * The limit of nesting in an event's data, the same as in SQLite's JSON functions. Deeper data can only get into the
 * file by manual changes, and functions that walk over it (JSON.stringify on Node) would overflow the stack.
 */
export const maxDepth = 1000

/** Whether it contains the character more often than `most`. */
const hasMoreThan = (most: number, character: string, text: string): boolean => {
  let count = 0
  for (let at = text.indexOf(character); at !== -1; at = text.indexOf(character, at + 1)) {
    if (++count > most) return true
  }
  return false
}

/** Long texts are common, deep ones are not: only what has that many brackets is read character by character. */
const mayBeTooDeep = (text: string): boolean =>
  text.length > 2 * maxDepth && (hasMoreThan(maxDepth / 2, "[", text) || hasMoreThan(maxDepth / 2, "{", text))

/** @param text JSON. */
export const isTooDeep = (text: string): boolean => {
  if (!mayBeTooDeep(text)) return false
  let depth = 0
  let inString = false
  for (let i = 0; i < text.length; i++) {
    const character = text[i]
    if (inString) {
      if (character === "\\") i++
      else if (character === '"') inString = false
    } else if (character === '"') inString = true
    else if (character === "[" || character === "{") {
      if (++depth > maxDepth) return true
    } else if (character === "]" || character === "}") depth--
  }
  return false
}
