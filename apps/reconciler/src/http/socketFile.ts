/** `<root>/http.sock`, on which the daemon of the root serves its owner alone. */
import { join } from "node:path"

export const socketFile = (root: string): string => join(root, "http.sock")
