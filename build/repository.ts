/** Paths in the repository, and helpers of the builds. */
import { execFile } from "node:child_process"
import { cp, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"

export const repository = join(import.meta.dirname, "..")

/** The cache of the builds. */
export const cache = join(repository, ".cache")

/** Runs a program to its end; rejects if it fails. */
export const run = promisify(execFile)

/** The date of the last commit, so that the same sources give the same package; outside git the present. */
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

/** @param folder the package's folder, relative to the repository. */
export const readManifest = async (folder: string): Promise<Manifest> =>
  JSON.parse(await readFile(join(repository, folder, "package.json"), "utf8"))

/** @param into the folder of the package to write. */
export const writeManifest = (into: string, manifest: object): Promise<void> =>
  writeFile(join(into, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`)

/** @param paths relative to the repository; the copies keep the file names only. */
export const copyInto = async (into: string, paths: ReadonlyArray<string>): Promise<void> => {
  for (const path of paths) {
    await cp(join(repository, path), join(into, path.slice(path.lastIndexOf("/") + 1)), { recursive: true })
  }
}

/**
 * A script that a source starts from a file beside itself: `new URL("./main.ts", import.meta.url)`. No compiler follows
 * such a reference.
 */
export const ownScript = /new URL\("(\.\/[\w/]+)\.ts", import\.meta\.url\)/g
