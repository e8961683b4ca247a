/** The message of an unknown error. Pure. */
export const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

/** The error itself, if it is one: Node's errors name the operation and the path, and have a `code`. */
export const asError = (cause: unknown): Error => (cause instanceof Error ? cause : new Error(String(cause)))
