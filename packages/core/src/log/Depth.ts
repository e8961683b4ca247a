/**
 * The limit of nesting in an event's data, the same as in SQLite's JSON functions. Deeper data can only get into the
 * file by manual changes, and functions that walk over it (JSON.stringify on Node) would overflow the stack.
 */
export const maxDepth = 1000

/** @param text JSON. */
export const isTooDeep = (text: string): boolean => {
  if (text.length <= 2 * maxDepth) return false
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
