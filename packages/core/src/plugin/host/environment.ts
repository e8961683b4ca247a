/** What the process of a plugin is started with: nothing of lastgood's environment but what says where things are. */
import module from "node:module"
import { dirname } from "node:path"
import { fileURLToPath } from "node:url"
import { trustVariable } from "../../disk/ownership.ts"
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

export const environment = (): Readonly<Record<string, string>> => {
  const own = Object.entries(process.env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && (passedOn.includes(entry[0]) || entry[0].startsWith("LC_"))
  )
  return {
    ...Object.fromEntries(own),
    ...networkEnvironment(),
    ...compileCache(),
    PATH: ownPath(process.env["PATH"]),
    HOME: ownHome(process.env["HOME"])
  }
}

const megabytes = 512

/** The same Node or Deno, and the script that it runs. */
export const command = (file: string): readonly [program: string, args: ReadonlyArray<string>] => {
  const main = fileURLToPath(new URL("./main.ts", import.meta.url))
  const memory = `--max-old-space-size=${megabytes}`
  return "Deno" in globalThis
    ? [process.execPath, ["run", "-A", "--quiet", "--node-modules-dir=manual", `--v8-flags=${memory}`, main, file]]
    : [process.execPath, [memory, "--disable-warning=ExperimentalWarning", main, file]]
}
