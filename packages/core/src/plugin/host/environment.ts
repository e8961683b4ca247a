/** What the process of a plugin is started with: nothing of lastgood's environment but what says where things are. */
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

/** Compiled code is kept where lastgood keeps its own, if it does. */
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
    // The one file passes its arguments on as they are, those for V8 too.
    ...(isOneFile ? { NODE_OPTIONS: memory } : {}),
    PATH: ownPath(process.env["PATH"]),
    HOME: ownHome(process.env["HOME"])
  }
}

export interface Command {
  readonly program: string
  /** What it is called among the processes; undefined: as the program. */
  readonly argv0: string | undefined
  readonly args: ReadonlyArray<string>
}

/** The same Node or Deno, and the script that it runs. */
export const command = (file: string): Command => {
  // The file that this process was started from, also when an upgrade has put another in its place since.
  if (isOneFile) return { program: "/proc/self/exe", argv0: "lastgood", args: [runsAs.plugin, file] }
  const main = fileURLToPath(new URL("./main.ts", import.meta.url))
  const args =
    "Deno" in globalThis
      ? ["run", "-A", "--quiet", "--node-modules-dir=manual", `--v8-flags=${memory}`, main, file]
      : [memory, "--disable-warning=ExperimentalWarning", main, file]
  return { program: process.execPath, argv0: undefined, args }
}
