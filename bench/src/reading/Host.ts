/** A root with a log, a configuration with its apps, and a recipe that really runs, under the local runtime. */
import { mkdir, writeFile } from "node:fs/promises"
import * as path from "node:path"
import { execa } from "execa"

const git = (folder: string, ...args: ReadonlyArray<string>) =>
  execa("git", ["-c", "user.name=bench", "-c", "user.email=bench@localhost", ...args], { cwd: folder })

export interface Host {
  readonly root: string
  /** Flags that name the configuration. */
  readonly flags: ReadonlyArray<string>
  readonly tag: (version: string) => Promise<void>
}

/** @param port of a server that answers the health checks. */
export const makeHost = async (home: string, apps: number, port: number): Promise<Host> => {
  const [recipe, root, config] = ["recipe", "root", "lastgood.yaml"].map((name) => path.join(home, name))
  if (recipe === undefined || root === undefined || config === undefined) throw new Error("three paths were expected")
  await mkdir(recipe, { recursive: true })
  await git(recipe, "init", "--quiet", "--initial-branch=main", "--template=")
  const blocks = Array.from({ length: apps }, (_, app) => [
    `  app${app}:`,
    `    recipe: ${recipe}`,
    "    runtime: local",
    "    volumes: [data]",
    `    health: { stableFor: 200ms, checks: [{ http: "http://127.0.0.1:${port}/" }] }`
  ])
  await writeFile(config, `root: ${root}\nhttp: { listen: off }\nbreaker: off\napps:\n${blocks.flat().join("\n")}\n`)
  const tag = async (version: string) => {
    await writeFile(path.join(recipe, "Procfile"), `web: exec sleep infinity # ${version}\n`)
    await git(recipe, "add", "--all")
    await git(recipe, "commit", "--quiet", "--message", version)
    await git(recipe, "tag", version)
  }
  return { root, flags: ["--config", config], tag }
}
