/**
 * The entry of the one file: runs the command, or the program that its first argument names (`runsAs` in core's
 * installation.ts). Every import here becomes part of the file.
 */
import { resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { saysVersion, start } from "../../packages/cli/bin/startup.mjs"
import own from "../../packages/cli/package.json" with { type: "json" }
import { runsAs } from "../../packages/core/src/installation.ts"
import { importFile } from "../../packages/core/src/plugin/host/importFile.ts"

/** Sets the arguments as Node does for a script: the program, the script, the arguments of the script. */
const asScript = () => {
  process.argv.splice(1, 2)
  process.argv[1] = resolve(process.argv[1] ?? "")
}

if (saysVersion()) {
  process.stdout.write(`${own.version}\n`)
} else if (process.argv[2] === runsAs.plugin) {
  process.argv.splice(2, 1)
  // For this process only, not for programs that the plugin starts.
  delete process.env.NODE_OPTIONS
  await import("../../packages/core/src/plugin/host/main.ts")
} else if (process.argv[2] === runsAs.script) {
  asScript()
  await importFile(pathToFileURL(process.argv[1]).href)
} else {
  await start(() => import("../../packages/cli/src/main.ts"))
}
