/** What an unknown error says. Pure. */
export const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

/** The error itself, where it is one: Node's own names the operation and the path, and has a `code`. */
export const asError = (cause: unknown): Error => (cause instanceof Error ? cause : new Error(String(cause)))
