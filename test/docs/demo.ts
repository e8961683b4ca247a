/** `npm run docs:demo` runs the demo and draws an excerpt of what it printed: `docs/demo.svg`. */
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { execa } from "execa"
import { excerptOf, pictureOf } from "./demoPicture.ts"

const repository = join(import.meta.dirname, "../..")
const file = join(repository, "docs/demo.svg")

/** The lines of a run that was kept, or of a new one. */
const printed = async (kept: string | undefined): Promise<string> =>
  kept === undefined
    ? (await execa(process.execPath, [join(repository, "packages/cli/bin/lastgood.mjs"), "demo"])).stdout
    : readFile(kept, "utf8")

await writeFile(file, pictureOf(excerptOf(await printed(process.argv[2]))))
