/** The text of a thrown value, which may be anything, even a value without a text. Never throws. */
export const textOf = (thrown: unknown): string => {
  try {
    return String(thrown instanceof Error ? thrown.message || thrown.name : thrown)
  } catch {
    return "a value that cannot be converted to text"
  }
}
