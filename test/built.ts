/**
 * The tests run `lastgood` as users install it: this builds the package once for each run of the tests. It also starts in
 * a third of the processor time that the sources need. The demo, and the tests of how the command starts, run the sources.
 */
import { createHash } from "node:crypto"
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from "node:fs/promises"
import { join } from "node:path"
import { writeCommand } from "../build/writeCommand.ts"

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
  // Some tests run it as another user.
  await chmod(fresh, 0o755)
  await writeCommand(join(fresh, "lastgood"))
  const built = join(builds, await hashOf(fresh))
  await rename(fresh, built).catch(() => rm(fresh, { recursive: true, force: true }))
  process.env["LASTGOOD_TEST_BINARY"] = join(built, "lastgood/bin/lastgood.mjs")
}
