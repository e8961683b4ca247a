import { realpathSync } from "node:fs"
import { dirname, join } from "node:path"
import { type Fault, faultOf } from "../disk/ownership.ts"
import { upwards } from "./resolvePlugin.ts"

/**
 * Why code of a plugin must not run (LAW-17). A file runs with what lies beside it, and with the packages of the folders
 * above it, each of them where a link to it stands, and where that leads to. What it imports is judged as it is loaded
 * (`host/onlyOwn.ts`).
 *
 * @param file absolute path of the plugin's module.
 * @returns null: nobody but root, or whom `LASTGOOD_TRUST` names, can have written it.
 */
export const codeFault = (file: string): Fault | null =>
  [...new Set([file, realOf(file)].flatMap(runsWith))].map(faultOf).find((fault) => fault !== null) ?? null

const runsWith = (file: string): ReadonlyArray<string> => [
  file,
  dirname(file),
  ...upwards(dirname(file)).map((folder) => join(folder, "node_modules"))
]

/** What is not there is judged where it would be. */
const realOf = (file: string): string => {
  try {
    return realpathSync(file)
  } catch {
    return file
  }
}
