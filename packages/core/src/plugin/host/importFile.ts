/**
 * Imports a file, as `import()` does. Code inside the one file can import only Node's own modules, so there the import goes
 * through a script that uses the loader of the main program.
 */
import { constants, runInThisContext } from "node:vm"
import { isOneFile } from "../../installation.ts"

/** @param url URL of the file. */
export const importFile: (url: string) => Promise<{ readonly default?: unknown }> = isOneFile
  ? runInThisContext("(url) => import(url)", { importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER })
  : (url) => import(url)
