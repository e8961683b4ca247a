/**
 * Builds `@lastgood/core` and `@lastgood/plugins` as JavaScript with types, one file per source, for plugins and their
 * tests.
 */
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { copyInto, ownScript, readManifest, repository, run, writeManifest } from "./repository.ts"

const libraries = [
  { folder: "core", further: ["packages/core/lastgood.schema.json"] },
  { folder: "plugins", further: [] }
] as const

const compile = async (into: string): Promise<void> => {
  const interpreter = "Deno" in globalThis ? ["run", "--allow-all"] : []
  const compiler = join(repository, "node_modules/typescript/bin/tsc")
  const project = join(import.meta.dirname, "tsconfig.libraries.json")
  await run(process.execPath, [...interpreter, compiler, "--project", project, "--outDir", into]).catch(
    ({ stdout, stderr }) => {
      throw new Error(`tsc failed:\n${stdout}${stderr}`)
    }
  )
}

/** Rewrites imports in types and references to scripts, which the compiler does not change. */
const relativeSource = /((?:from|import\(|import) ?"\.[^"\n]*)\.ts"/g

const toJavaScript = (text: string): string =>
  text.replaceAll(relativeSource, '$1.js"').replaceAll(ownScript, 'new URL("$1.js", import.meta.url)')

const rewriteBelow = async (folder: string): Promise<void> => {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const text = await readFile(path, "utf8")
    const rewritten = toJavaScript(text)
    if (rewritten !== text) await writeFile(path, rewritten)
  }
}

/** `./src/*.ts` of the sources is `./dist/*.js`, with its types. */
const builtExports = (exports: Readonly<Record<string, string | null>>) =>
  Object.fromEntries(
    Object.entries(exports).map(([name, source]) => {
      const built = source?.replace(/^\.\/src\/(.*)\.ts$/, "./dist/$1")
      return [name, built === undefined ? null : { types: `${built}.d.ts`, default: `${built}.js` }]
    })
  )

/**
 * Writes a folder for each library.
 *
 * @param into the parent folder; libraries in it are deleted first
 */
export const writeLibraries = async (into: string): Promise<void> => {
  const compiled = await mkdtemp(join(into, "new-"))
  await compile(compiled)
  await rewriteBelow(compiled)
  for (const { folder, further } of libraries) {
    const home = join(into, folder)
    await rm(home, { recursive: true, force: true })
    await cp(join(compiled, folder, "src"), join(home, "dist"), { recursive: true })
    await copyInto(home, [...further, `packages/${folder}/README.md`, "LICENSE"])
    const { name, version, description, license, type, engines, exports, dependencies } = await readManifest(
      `packages/${folder}`
    )
    const files = ["dist", ...further.map((path) => path.slice(path.lastIndexOf("/") + 1))]
    await writeManifest(home, {
      ...{ name, version, description, license, type, engines, files },
      exports: builtExports(exports ?? {}),
      dependencies
    })
  }
  await rm(compiled, { recursive: true, force: true })
}
