import { join } from "node:path"

/** The Node that this repository runs on, whatever runs the tests. */
export const repositoryNode = join(import.meta.dirname, "../../../node_modules/node/bin/node")
