/**
 * How deep an event's data may be nested: as deep as SQLite's JSON functions go. Deeper data can only be put into the
 * file by hand, and what walks over it (JSON.stringify on Node) would overflow the stack.
 */
export const maxDepth = 1000

/** @param text JSON */
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
