/**
 * Builds lastgood as one executable file (a Node single executable application) from npm packages alone: the command, the
 * Node that runs it, and the demo's app.
 */
import { createHash } from "node:crypto"
import { existsSync } from "node:fs"
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises"
import { dirname, join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import type { Plugin } from "rolldown"
import { bundle } from "../bundle.ts"
import { cache, repository, run } from "../repository.ts"
import { separator, thirdPartyLicences } from "../thirdPartyLicences.ts"
import { type BundledNode, bundledNode, nodeVersion } from "./node.ts"

/** The default path of the file. */
export const oneFile = join(cache, "sea/lastgood")

/** Bundles into a single file of plain JavaScript. */
const bundleInOne = async (input: string, scripts: Plugin | null) => {
  const { files, modules } = await bundle(input, scripts, { codeSplitting: false })
  return { code: files.map(({ code }) => code).join(""), modules }
}

const ownThread = /new Worker\(new URL\("(\.\/[\w/]+\.ts)", import\.meta\.url\)\)/g

/** A thread has no file to start from, so its code is in the URL. */
const threadsInside: Plugin = {
  name: "threads-inside",
  transform: {
    filter: { code: ownThread },
    async handler(code, id) {
      let replaced = code
      for (const [text, path = ""] of code.matchAll(ownThread)) {
        const thread = await bundleInOne(fileURLToPath(new URL(path, `file://${id}`)), null)
        const url = `data:text/javascript;base64,${Buffer.from(thread.code).toString("base64")}`
        replaced = replaced.replace(text, () => `new Worker(new URL(${JSON.stringify(url)}))`)
      }
      return replaced
    }
  }
}

/** Assets, by their names in `demo/guestbookFiles.ts`. */
const readAssets = async (): Promise<Readonly<Record<string, string>>> => {
  const demo = join(repository, "packages/cli/src/demo")
  const found = await readdir(join(demo, "guestbook"), { recursive: true, withFileTypes: true })
  const files = found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return Object.fromEntries(files.toSorted().map((file) => [relative(demo, file), file]))
}

/** @returns the path of the licences of everything in the file */
export const licencesOf = (file: string): string => `${file}.LICENSES`

const writeLicences = async (file: string, node: BundledNode, modules: ReadonlyArray<string>): Promise<void> => {
  const texts = [
    `lastgood\n\n${(await readFile(join(repository, "LICENSE"), "utf8")).trim()}`,
    `Node.js ${nodeVersion}\n\n${(await readFile(node.license, "utf8")).trim()}`,
    await thirdPartyLicences(modules)
  ]
  await writeFile(licencesOf(file), texts.join(separator))
}

/** The hash of all inputs of the file. */
const hashOf = async (code: string, files: Readonly<Record<string, string>>): Promise<string> => {
  const hash = createHash("sha256").update(`${nodeVersion} ${process.arch}\n`).update(code)
  hash.update(await readFile(import.meta.filename))
  for (const [name, file] of Object.entries(files)) hash.update(name).update(await readFile(file))
  return hash.digest("hex")
}

/**
 * Writes the file, and beside it the hash of its inputs, so that unchanged inputs need no new build.
 *
 * @param into its path, written atomically
 * @returns the paths of the sources in it
 */
export const buildSea = async (into: string): Promise<ReadonlyArray<string>> => {
  await mkdir(dirname(into), { recursive: true })
  const node = await bundledNode(process.arch)
  const { code, modules } = await bundleInOne(join(import.meta.dirname, "main.mjs"), threadsInside)
  const assets = await readAssets()
  const hash = await hashOf(code, assets)
  if ((await readFile(`${into}.from`, "utf8").catch(() => null)) === hash && existsSync(into)) return modules
  const work = await mkdtemp(join(dirname(into), ".building-"))
  try {
    await writeFile(join(work, "main.mjs"), code)
    const output = join(work, "lastgood")
    const config = {
      // Relative, because the path becomes part of the file, which must not depend on the place of the build.
      main: "main.mjs",
      mainFormat: "module",
      executable: node.executable,
      output,
      disableExperimentalSEAWarning: true,
      useCodeCache: true,
      // The file itself uses the feature (importFile.ts), so a warning would not help an operator.
      execArgv: ["--disable-warning=ExperimentalWarning"],
      execArgvExtension: "env",
      assets
    }
    await writeFile(join(work, "config.json"), JSON.stringify(config))
    await run(node.executable, ["--build-sea=config.json"], { cwd: work })
    await chmod(output, 0o755)
    await writeLicences(into, node, modules)
    await rename(output, into)
    await writeFile(`${into}.from`, hash)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  return modules
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { into: { type: "string", default: oneFile } } })
  await buildSea(values.into)
  process.stdout.write(`${values.into}\n`)
}
