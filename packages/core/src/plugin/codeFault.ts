import { realpathSync } from "node:fs"
import { dirname, join } from "node:path"
import { type Fault, faultOf } from "../disk/ownership.ts"
import { upwards } from "./resolvePlugin.ts"

/**
 * Why a plugin's code must not run (LAW-17). A file can load its siblings and the packages of the folders above it, so all
 * of them are checked, both at a symlink and at its target. Imports are checked when they are loaded (`host/onlyOwn.ts`).
 *
 * @param file absolute path of the plugin's module.
 * @returns null if only root, this user, or users named in `LASTGOOD_TRUST` can have written it.
 */
export const codeFault = (file: string): Fault | null =>
  [...new Set([file, realOf(file)].flatMap(runsWith))].map(faultOf).find((fault) => fault !== null) ?? null

const runsWith = (file: string): ReadonlyArray<string> => [
  file,
  dirname(file),
  ...upwards(dirname(file)).map((folder) => join(folder, "node_modules"))
]

/** A missing file is checked at its place. */
const realOf = (file: string): string => {
  try {
    return realpathSync(file)
  } catch {
    return file
  }
}
