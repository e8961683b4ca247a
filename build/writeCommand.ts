/**
 * The package `lastgood`: the command and its dependencies in a few files of plain JavaScript, which start several times as
 * fast as the sources. In the repository the sources run unbuilt.
 */
import { cp, mkdir, rm, writeFile } from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Plugin } from "rolldown"
import { type Bundle, bundle } from "./bundle.ts"
import { copyInto, ownScript, readManifest, repository, writeManifest } from "./repository.ts"
import { thirdPartyLicences } from "./thirdPartyLicences.ts"

const home = join(repository, "packages/cli")

/** A script that the sources start becomes a separate entry. */
const scriptsAsEntries: Plugin = {
  name: "scripts-as-entries",
  transform: {
    filter: { code: ownScript },
    handler(code, id) {
      return code.replaceAll(ownScript, (_, path: string) => {
        const script = fileURLToPath(new URL(`${path}.ts`, `file://${id}`))
        const reference = this.emitFile({
          type: "chunk",
          id: script,
          name: `${basename(dirname(id))}-${basename(path)}`
        })
        return `new URL(import.meta.ROLLUP_FILE_URL_${reference})`
      })
    }
  }
}

const core = join(repository, "packages/core/src")

/**
 * What programs and commands have in common is in one file per layer: finding, checking and reading a hundred small files took
 * a third of the start of `upgrade`. A module is in the first layer that has it, or a module that imports it; what only some
 * commands, runtimes or kinds of source need stays in files of its own. The process of a plugin loads its own layer alone.
 */
const layers = [
  {
    name: "plugin",
    modules: ["Calls", "descriptors", "importFile", "lines", "onlyOwn"].map((name) =>
      join(core, `plugin/host/${name}.ts`)
    )
  },
  { name: "start", modules: [join(home, "src/program.ts")] },
  { name: "session", modules: [join(home, "src/session.ts")] },
  { name: "acting", modules: [join(home, "src/acting.ts")] }
].map(({ name, modules }, depth, { length }) => ({
  name,
  test: (id: string) => modules.includes(id),
  priority: length - depth
}))

/** A program that loads another one would start it too. */
const assertNoneLoadsAnother = (files: Bundle["files"]): void => {
  const entries = new Set(files.filter(({ isEntry }) => isEntry).map(({ name }) => name))
  for (const { name, imports } of files) {
    const other = imports.find((one) => entries.has(one))
    if (other !== undefined)
      throw new Error(`${name} loads ${other}, which is a program: see the layers in build/writeCommand.ts`)
  }
}

/**
 * Writes the package `lastgood`.
 *
 * @param into the folder of the package; its previous content is deleted
 */
export const writeCommand = async (into: string): Promise<void> => {
  await rm(into, { recursive: true, force: true })
  await mkdir(join(into, "dist"), { recursive: true })
  const { files: code, modules } = await bundle({ main: join(home, "src/main.ts") }, scriptsAsEntries, {
    entryFileNames: "[name].js",
    chunkFileNames: "[name]-[hash].js",
    codeSplitting: { groups: layers }
  })
  assertNoneLoadsAnother(code)
  for (const file of code) await writeFile(join(into, "dist", file.name), file.code)
  await writeFile(join(into, "THIRD-PARTY-LICENSES"), await thirdPartyLicences(modules))
  await cp(join(home, "src/demo/guestbook"), join(into, "dist/guestbook"), { recursive: true })
  await copyInto(into, ["packages/cli/bin", "packages/core/lastgood.schema.json", "docs", "README.md", "LICENSE"])
  // No dependencies: the bundle contains them.
  const { name, version, description, license, type, engines, bin } = await readManifest("packages/cli")
  const files = ["bin", "dist", "docs", "lastgood.schema.json", "THIRD-PARTY-LICENSES"]
  await writeManifest(into, { name, version, description, license, type, engines, bin, files })
}
