/** A private copy of the source tree to break: what git knows and what is new, with the packages installed here. */
import { cp, mkdir, mkdtemp, readdir, rm, symlink } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { execa } from "execa"

export const repository = join(import.meta.dirname, "../..")

/** Links every installed package but the workspace's own: those must be the copy's. */
const linkPackages = async (copy: string): Promise<void> => {
  const from = join(repository, "node_modules")
  const to = join(copy, "node_modules")
  const workspaces = new Set(["@lastgood", "lastgood"])
  await mkdir(to)
  for (const name of await readdir(from)) {
    if (!workspaces.has(name) && !name.startsWith(".vite")) await symlink(join(from, name), join(to, name))
  }
  for (const name of workspaces) await cp(join(from, name), join(to, name), { recursive: true, verbatimSymlinks: true })
}

/** @returns the copy's folder, and how to be rid of it. */
export const copyTree = async (): Promise<{ readonly path: string; readonly remove: () => Promise<void> }> => {
  const copy = await mkdtemp(join(tmpdir(), "lastgood-laws-"))
  const { stdout } = await execa("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: repository
  })
  for (const file of stdout.split("\0").filter((name) => name !== "")) {
    await mkdir(dirname(join(copy, file)), { recursive: true })
    // A removed file whose removal is not committed yet is not part of the tree.
    await cp(join(repository, file), join(copy, file), { verbatimSymlinks: true }).catch(() => undefined)
  }
  await linkPackages(copy)
  return { path: copy, remove: () => rm(copy, { recursive: true, force: true }) }
}
