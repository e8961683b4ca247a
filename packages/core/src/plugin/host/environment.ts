/** The environment and command of a plugin's process. Of lastgood's own environment it gets only variables with paths. */
import module from "node:module"
import { dirname } from "node:path"
import { fileURLToPath } from "node:url"
import { trustVariable } from "../../disk/ownership.ts"
import { isOneFile, runsAs } from "../../installation.ts"
import { networkEnvironment, ownHome, ownPath } from "../../process/environment.ts"

const passedOn = [
  trustVariable,
  "USER",
  "LOGNAME",
  "LANG",
  "LANGUAGE",
  "TZ",
  "TMPDIR",
  "NODE_EXTRA_CA_CERTS",
  "DENO_CERT",
  "DENO_DIR"
]

/** The compile cache is the one that lastgood uses, if any. */
const compileCache = (): Readonly<Record<string, string>> => {
  const folder = "Deno" in globalThis ? undefined : module.getCompileCacheDir?.()
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: dirname(folder) }
}

const memory = "--max-old-space-size=512"

export const environment = (): Readonly<Record<string, string>> => {
  const own = Object.entries(process.env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && (passedOn.includes(entry[0]) || entry[0].startsWith("LC_"))
  )
  return {
    ...Object.fromEntries(own),
    ...networkEnvironment(),
    ...compileCache(),
    // The one file passes its arguments on unchanged, those for V8 too.
    ...(isOneFile ? { NODE_OPTIONS: memory } : {}),
    PATH: ownPath(process.env["PATH"]),
    HOME: ownHome(process.env["HOME"])
  }
}

export interface HostProgram {
  readonly program: string
  /** Its name in the process list; undefined: the program's name. */
  readonly argv0: string | undefined
  readonly args: ReadonlyArray<string>
}

/** The same Node or Deno, with the script to run. */
export const command = (file: string): HostProgram => {
  // The file that this process was started from, even if an upgrade has replaced it since.
  if (isOneFile) return { program: "/proc/self/exe", argv0: "lastgood", args: [runsAs.plugin, file] }
  const main = fileURLToPath(new URL("./main.ts", import.meta.url))
  const args =
    "Deno" in globalThis
      ? ["run", "-A", "--quiet", "--node-modules-dir=manual", `--v8-flags=${memory}`, main, file]
      : [memory, "--disable-warning=ExperimentalWarning", main, file]
  return { program: process.execPath, argv0: undefined, args }
}
