/** Where things are in the repository, and what the builds do with them. */
import { execFile } from "node:child_process"
import { cp, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"

export const repository = join(import.meta.dirname, "..")

/** What one build keeps for the next. */
export const cache = join(repository, ".cache")

/** Runs a program to its end; rejects if it fails. */
export const run = promisify(execFile)

/** Of the last commit, so that the same sources give the same package; outside of git the present. */
export const sourceDate = async (): Promise<Date> => {
  const epoch = process.env["SOURCE_DATE_EPOCH"]
  if (epoch !== undefined) return new Date(Number(epoch) * 1000)
  const committed = await run("git", ["-C", repository, "log", "-1", "--format=%ct"]).then(
    ({ stdout }) => Number(stdout),
    () => 0
  )
  return new Date(committed === 0 ? Date.now() : committed * 1000)
}

/** The part of a package.json that the build reads. */
export interface Manifest {
  readonly name: string
  readonly version: string
  readonly description: string
  readonly license: string
  readonly type: string
  readonly engines: Readonly<Record<string, string>>
  readonly bin?: Readonly<Record<string, string>>
  readonly exports?: Readonly<Record<string, string | null>>
  readonly dependencies?: Readonly<Record<string, string>>
}

/** @param folder of the package, from the repository's root. */
export const readManifest = async (folder: string): Promise<Manifest> =>
  JSON.parse(await readFile(join(repository, folder, "package.json"), "utf8"))

/** @param into the folder of the package that is written. */
export const writeManifest = (into: string, manifest: object): Promise<void> =>
  writeFile(join(into, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`)

/** @param paths from the repository's root; they keep their names, without their folders. */
export const copyInto = async (into: string, paths: ReadonlyArray<string>): Promise<void> => {
  for (const path of paths) {
    await cp(join(repository, path), join(into, path.slice(path.lastIndexOf("/") + 1)), { recursive: true })
  }
}

/**
 * What the sources find beside themselves as a file, and start: `new URL("./main.ts", import.meta.url)`. No compiler
 * follows it.
 */
export const ownScript = /new URL\("(\.\/[\w/]+)\.ts", import\.meta\.url\)/g
