import { join } from "node:path"

/** `<root>/events.db`, the log of a root. */
export const logFile = (root: string): string => join(root, "events.db")
