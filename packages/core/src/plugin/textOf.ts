/** A text for a thrown value, which may be anything, also one that cannot be made a text. Never throws. */
export const textOf = (thrown: unknown): string => {
  try {
    return String(thrown instanceof Error ? thrown.message || thrown.name : thrown)
  } catch {
    return "something that is no text"
  }
}
