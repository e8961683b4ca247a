/** `npm run build` writes the packages that users install into `dist/npm`, one folder each. */
import { mkdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { repository } from "./repository.ts"
import { writeCommand } from "./writeCommand.ts"
import { writeLibraries } from "./writeLibraries.ts"

const { values } = parseArgs({ options: { into: { type: "string", default: join(repository, "dist/npm") } } })

await mkdir(values.into, { recursive: true })
await Promise.all([writeCommand(join(values.into, "lastgood")), writeLibraries(values.into)])
for (const folder of ["lastgood", "core", "plugins"]) {
  const { name, version } = JSON.parse(await readFile(join(values.into, folder, "package.json"), "utf8"))
  process.stdout.write(`${join(values.into, folder)}: ${name} ${version}\n`)
}
