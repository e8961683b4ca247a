import { dirname, join } from "node:path"
import { type Fault, faultOf } from "../disk/ownership.ts"
import { upwards } from "./resolvePlugin.ts"

/**
 * Why code of a plugin must not run (LAW-17). A file runs with what lies beside it, and with the packages of the folders
 * above it.
 *
 * @param file absolute path of the plugin's module.
 * @returns null: nobody but root, or whom `LASTGOOD_TRUST` names, can have written it.
 */
export const codeFault = (file: string): Fault | null =>
  [file, dirname(file), ...upwards(dirname(file)).map((folder) => join(folder, "node_modules"))]
    .map(faultOf)
    .find((fault) => fault !== null) ?? null
