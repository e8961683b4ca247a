import { join } from "node:path"

/** `lastgood` out of the sources of the repository. */
export const unbuilt = join(import.meta.dirname, "../packages/cli/bin/lastgood.mjs")

/** `lastgood` as users have it (built.ts); outside of vitest the sources. */
export const binary = process.env["LASTGOOD_TEST_BINARY"] ?? unbuilt
