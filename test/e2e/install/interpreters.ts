/**
 * What lastgood promises to run on. The Node versions come from npm, as packages of one executable, and are kept from one
 * run of the tests to the next.
 */
import { existsSync } from "node:fs"
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises"
import { join } from "node:path"
import { execa } from "execa"

export const repository = join(import.meta.dirname, "../../..")
export const repositoryNode = join(repository, "node_modules/node/bin/node")

const cache = join(repository, ".cache/nodes")

/** @returns the executable; downloads it (40 MB) the first time. */
const ensureNode = async (version: string): Promise<string> => {
  const home = join(cache, version)
  const node = join(home, "package/bin/node")
  if (existsSync(node)) return node
  await mkdir(cache, { recursive: true })
  const fresh = await mkdtemp(join(cache, "new-"))
  const { stdout } = await execa("npm", ["pack", "--silent", `node-linux-${process.arch}@${version}`], { cwd: fresh })
  await execa("tar", ["--extract", "--gzip", "--file", stdout.trim(), "package/bin/node"], { cwd: fresh })
  await rm(join(fresh, stdout.trim()))
  // Another run of the tests may have put it there meanwhile.
  await rename(fresh, home).catch(() => rm(fresh, { recursive: true, force: true }))
  return node
}

/** A program and its arguments, before those of a script. */
export type Interpreter = readonly [program: string, ...ReadonlyArray<string>]

export const interpreters: Readonly<Record<string, () => Promise<Interpreter>>> = {
  "Node 22": async () => [await ensureNode("22.23.3")],
  "Node 24": async () => [repositoryNode],
  "Node 26": async () => [await ensureNode("26.10.0")],
  Deno: async () => [join(repository, "node_modules/deno/deno"), "run", "--allow-all"]
}
