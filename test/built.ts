/**
 * What the tests run as `lastgood`: the package as users install it, built once for a run of the tests. Also a third of the
 * processor's time that the sources need to start. The demo, and the tests of the command's own start, run the sources.
 */
import { createHash } from "node:crypto"
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from "node:fs/promises"
import { join } from "node:path"
import { bundle } from "../packages/cli/build/bundle.ts"

const builds = join(import.meta.dirname, "../.cache/built")
const day = 24 * 60 * 60 * 1000

/** By content: another run of the tests may go on with a build of other sources meanwhile. */
const hashOf = async (folder: string): Promise<string> => {
  const hash = createHash("sha256")
  for (const path of (await readdir(folder, { recursive: true })).sort()) {
    if ((await stat(join(folder, path))).isFile()) hash.update(`${path}\n`).update(await readFile(join(folder, path)))
  }
  return hash.digest("hex").slice(0, 16)
}

const removeOld = async () => {
  for (const name of await readdir(builds)) {
    const { mtimeMs } = await stat(join(builds, name))
    if (mtimeMs < Date.now() - day) await rm(join(builds, name), { recursive: true, force: true })
  }
}

/** vitest calls it before the first test, in the process whose environment those of the tests inherit. */
export const setup = async (): Promise<void> => {
  if (process.env["LASTGOOD_TEST_BINARY"] !== undefined) return
  await mkdir(builds, { recursive: true })
  await removeOld()
  const fresh = await mkdtemp(join(builds, "new-"))
  await bundle(join(fresh, "lastgood"))
  const built = join(builds, await hashOf(fresh))
  await rename(fresh, built).catch(() => rm(fresh, { recursive: true, force: true }))
  process.env["LASTGOOD_TEST_BINARY"] = join(built, "lastgood/bin/lastgood.mjs")
}
