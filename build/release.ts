/** `npm run build:release` writes every file of a release into `dist/release`, with an SBOM and checksums. */
import { createHash } from "node:crypto"
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { buildDeb } from "./deb/build.ts"
import { cache, readManifest, repository, run, writeManifest } from "./repository.ts"
import { sbom } from "./sbom.ts"
import { buildSea, licencesOf, oneFile } from "./sea/build.ts"
import { writeCommand } from "./writeCommand.ts"
import { writeLibraries } from "./writeLibraries.ts"

const { values } = parseArgs({
  options: {
    into: { type: "string", default: join(repository, "dist/release") },
    /** `git+https://…`: npm compares it with the place of the build to attest provenance. */
    repository: { type: "string" }
  }
})
const { into } = values
const { version } = await readManifest("packages/cli")

const packNpm = async (): Promise<void> => {
  const work = await mkdtemp(join(cache, "npm-"))
  try {
    await Promise.all([writeCommand(join(work, "lastgood")), writeLibraries(work)])
    for (const name of ["lastgood", "core", "plugins"]) {
      const folder = join(work, name)
      if (values.repository !== undefined) {
        const manifest = JSON.parse(await readFile(join(folder, "package.json"), "utf8"))
        await writeManifest(folder, { ...manifest, repository: { type: "git", url: values.repository } })
      }
      await run("npm", ["pack", "--silent", "--pack-destination", into, folder])
    }
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** Checksums in the format of `sha256sum --check`. */
const checksums = async (): Promise<string> => {
  const lines = (await readdir(into)).toSorted().map(async (name) => {
    const hash = createHash("sha256").update(await readFile(join(into, name)))
    return `${hash.digest("hex")}  ${name}\n`
  })
  return (await Promise.all(lines)).join("")
}

await rm(into, { recursive: true, force: true })
await Promise.all([mkdir(into, { recursive: true }), mkdir(cache, { recursive: true })])
await packNpm()
const modules = await buildSea(oneFile)
const program = join(into, `lastgood-${version}-linux-${process.arch}`)
await copyFile(oneFile, program)
await copyFile(licencesOf(oneFile), licencesOf(program))
await buildDeb({ into, version, quick: false })
await writeFile(join(into, `lastgood-${version}.cdx.json`), `${JSON.stringify(await sbom(modules), null, 2)}\n`)
const sums = await checksums()
await writeFile(join(into, "SHA256SUMS"), sums)
process.stdout.write(sums)
