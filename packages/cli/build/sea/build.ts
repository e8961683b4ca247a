/**
 * lastgood as one executable file (a single executable application of Node's), made from npm packages alone: the command,
 * the Node that runs it, and the demo's app.
 */
import { execFile } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync } from "node:fs"
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises"
import { dirname, join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { type Plugin, rolldown } from "rolldown"
import { licenses } from "./licenses.ts"
import { type BundledNode, bundledNode } from "./node.ts"

const run = promisify(execFile)

const home = join(import.meta.dirname, "../..")
const repository = join(home, "../..")
export const cache = join(repository, ".cache/sea")

interface Bundle {
  readonly code: string
  /** The files that it is made from. */
  readonly modules: ReadonlyArray<string>
}

/** Plain JavaScript in one file; what it imports when it needs it is evaluated then. */
const bundleOf = async (input: string, plugins: ReadonlyArray<Plugin>): Promise<Bundle> => {
  const bundled = await rolldown({ input, platform: "node", plugins: [...plugins], logLevel: "warn" })
  const { output } = await bundled.generate({
    format: "esm",
    codeSplitting: false,
    comments: { legal: true, annotation: false, jsdoc: false }
  })
  await bundled.close()
  const [{ code, moduleIds }] = output
  return { code, modules: moduleIds }
}

const ownThread = /new Worker\(new URL\("(\.\/[\w/]+\.ts)", import\.meta\.url\)\)/g

/** There is no file that a thread could be started with: its code is in the URL. */
const threadsInside: Plugin = {
  name: "threads-inside",
  transform: {
    filter: { code: ownThread },
    async handler(code, id) {
      let replaced = code
      for (const [text, path = ""] of code.matchAll(ownThread)) {
        const { code: thread } = await bundleOf(fileURLToPath(new URL(path, `file://${id}`)), [])
        const url = `data:text/javascript;base64,${Buffer.from(thread).toString("base64")}`
        replaced = replaced.replace(text, () => `new Worker(new URL(${JSON.stringify(url)}))`)
      }
      return replaced
    }
  }
}

/** By the name under which `demo/guestbookFiles.ts` asks for them. */
const assets = async (): Promise<Readonly<Record<string, string>>> => {
  const demo = join(home, "src/demo")
  const found = await readdir(join(demo, "guestbook"), { recursive: true, withFileTypes: true })
  const files = found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return Object.fromEntries(files.toSorted().map((file) => [relative(demo, file), file]))
}

/** Where the licences of what is in the file are. */
export const licensesOf = (file: string): string => `${file}.LICENSES`

/** What the file is made from: the same gives the same. */
const hashOf = async (node: BundledNode, code: string, files: Readonly<Record<string, string>>): Promise<string> => {
  const hash = createHash("sha256").update(node.executable).update(code)
  hash.update(await readFile(import.meta.filename))
  for (const [name, file] of Object.entries(files)) hash.update(name).update(await readFile(file))
  return hash.digest("hex")
}

/**
 * Writes the file, and beside it what it was made from: it is not made again from the same.
 *
 * @param into its path; whole or not at all.
 */
export const buildSea = async (into: string): Promise<void> => {
  await mkdir(dirname(into), { recursive: true })
  const node = await bundledNode(cache)
  const { code, modules } = await bundleOf(join(import.meta.dirname, "main.mjs"), [threadsInside])
  const files = await assets()
  const hash = await hashOf(node, code, files)
  if ((await readFile(`${into}.from`, "utf8").catch(() => null)) === hash && existsSync(into)) return
  const work = await mkdtemp(join(dirname(into), ".building-"))
  try {
    const main = join(work, "main.mjs")
    await writeFile(main, code)
    const output = join(work, "lastgood")
    const config = {
      main,
      mainFormat: "module",
      executable: node.executable,
      output,
      disableExperimentalSEAWarning: true,
      useCodeCache: true,
      // What the file itself uses (importFile.ts) is no news to an operator.
      execArgv: ["--disable-warning=ExperimentalWarning"],
      execArgvExtension: "env",
      assets: files
    }
    await writeFile(join(work, "config.json"), JSON.stringify(config))
    await run(node.executable, [`--build-sea=${join(work, "config.json")}`])
    await chmod(output, 0o755)
    await writeFile(licensesOf(into), await licenses(node, modules))
    await rename(output, into)
    await writeFile(`${into}.from`, hash)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

if (import.meta.main) await buildSea(process.argv[2] ?? join(cache, "lastgood"))
