/**
 * Imports a file, as `import()` does. Code that is part of the one file can import only what Node itself brings: there the
 * loader of the main program is asked, through a script that is not part of it.
 */
import { constants, runInThisContext } from "node:vm"
import { isOneFile } from "../../installation.ts"

/** @param url of the file. */
export const importFile: (url: string) => Promise<{ readonly default?: unknown }> = isOneFile
  ? runInThisContext("(url) => import(url)", { importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER })
  : (url) => import(url)
