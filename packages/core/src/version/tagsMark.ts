/**
 * What tells that the tags of a repository have changed: the identity and the times of every file and folder that git reads
 * them from. An unchanged mark means unchanged tags, so that git is not started for each pass over each app.
 *
 * As git's own index does with files, a mark is not trusted if something changed so recently that the next change might get
 * the same time.
 */
import { type BigIntStats, lstatSync, readdirSync } from "node:fs"
import { join } from "node:path"
import type { Repository } from "./git.ts"

/** Longer than the tick of any filesystem's clock. */
const racyMs = 2500n

/** More loose tags than this cost as much as starting git. */
const mostFiles = 2000

const namesOf = (folder: string): ReadonlyArray<string> => readdirSync(folder).toSorted()

/**
 * @param now epoch milliseconds.
 * @returns null: it cannot be told from files alone, or not now.
 */
export const tagsMark = ({ gitDir, path }: Repository, now: number): string | null => {
  const own = join(path, gitDir)
  const marks: Array<string> = []
  let newest = 0n
  const add = (file: string): BigIntStats | null => {
    const found = lstatSync(file, { bigint: true, throwIfNoEntry: false }) ?? null
    if (found === null) return null
    const { ctimeNs, dev, ino, mtimeNs, size } = found
    if (ctimeNs > newest) newest = ctimeNs
    marks.push([file, dev, ino, size, mtimeNs, ctimeNs].join(" "))
    return found
  }
  /** false: it has something other than files and folders, or too many of them. */
  const addAll = (folder: string): boolean =>
    namesOf(folder).every((name) => {
      const found = add(join(folder, name))
      if (found === null || marks.length > mostFiles) return false
      return found.isDirectory() ? addAll(join(folder, name)) : found.isFile()
    })
  try {
    // The file of a worktree leads elsewhere, and so does a git folder that shares another one's references.
    if (add(own)?.isDirectory() !== true || add(join(own, "commondir")) !== null) return null
    for (const file of ["config", "packed-refs", "reftable"]) add(join(own, file))
    const isComplete = ["reftable", "refs/tags"].every((name) => {
      const folder = join(own, name)
      const found = add(folder)
      return found === null || (found.isDirectory() && addAll(folder))
    })
    if (!isComplete || newest / 1_000_000n > BigInt(now) - racyMs) return null
    return marks.join("\n")
  } catch {
    // It changes at this moment, or cannot be read: git says what is wrong.
    return null
  }
}
