import { basename, join } from "node:path"
import { interpreter } from "./interpreter.ts"

/** `lastgood` out of the sources of the repository. */
export const unbuilt = join(import.meta.dirname, "../../cli/bin/lastgood.mjs")

/** `lastgood` as users have it (test/built.ts); outside of vitest the sources. */
export const binary = process.env["LASTGOOD_TEST_BINARY"] ?? unbuilt

/** How it is started. `LASTGOOD_TEST_BINARY=<the one file>` runs a test of the command on that. */
export const lastgoodCommand: readonly [program: string, ...ReadonlyArray<string>] = binary.endsWith(".mjs")
  ? [...interpreter, binary]
  : [binary]

/** Whether a command line is one of lastgood's, and not the process of a plugin. */
export const isLastgood = (command: string): boolean =>
  command.includes(`${basename(binary)} `) && !command.includes("lastgood @")
