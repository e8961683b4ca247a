/**
 * Which paths of a volume are data. Globs as people write them (`cache/**`, `*.log`), relative to the volume's root,
 * matched with leading dots and newlines like any other byte.
 *
 * A path is kept when it, or a folder above it, is included (or nothing is), and neither it nor a folder above it is
 * excluded. The folders above a kept path are kept too, so that a restore has where to put it. `cache/**` means what is
 * in `cache`: the folder itself stays, empty.
 */
import type { VolumeFilter } from "../domain/App.ts"
import { disposableOf } from "../domain/volumeFilter.ts"
import { matcher } from "./Glob.ts"

const matches = (patterns: ReadonlyArray<string>) =>
  matcher(
    patterns.map((pattern) =>
      pattern
        .replace(/^\.?\//, "")
        .replace(/\/+$/, "")
        .replace(/\/\*\*$/, "/**/*")
    )
  )

/**
 * Makes a function to call with every path of a volume, folders before what is in them (`find` walks so): what it
 * returns goes into the archive, in that order. Not reusable.
 *
 * Names are bytes: for matching they are read as UTF-8 (a byte that is none matches `*` and `**`), what is returned is
 * the bytes as they were.
 * @returns the paths to add now: none, or the path after those folders above it that were not yet added.
 */
export const makeSelector = (filter: VolumeFilter): ((path: Buffer) => ReadonlyArray<Buffer>) => {
  const included = filter.include.length === 0 ? () => true : matches(filter.include)
  const without = [...filter.exclude, ...disposableOf(filter)]
  const excluded = without.length === 0 ? () => false : matches(without)
  /** The folders from the root to the last path: the walk goes deep first, so this is all there is to remember. */
  const above: Array<{
    readonly path: Buffer
    readonly included: boolean
    readonly excluded: boolean
    added: boolean
  }> = []
  return (path) => {
    while (above.length > 0 && !isInside(path, above[above.length - 1]?.path)) above.pop()
    const parent = above[above.length - 1]
    const text = path.toString("utf8")
    const here = {
      path: Buffer.from(path),
      included: parent?.included === true || included(text),
      excluded: parent?.excluded === true || excluded(text),
      added: false
    }
    above.push(here)
    if (!here.included || here.excluded) return []
    const added = above.filter((entry) => !entry.added)
    for (const entry of added) entry.added = true
    return added.map((entry) => entry.path)
  }
}

const slash = 0x2f

/** Does a filter keep this one path? */
export const keeps = (filter: VolumeFilter, path: Buffer): boolean => {
  const select = makeSelector(filter)
  for (let end = path.indexOf(slash); end !== -1; end = path.indexOf(slash, end + 1)) select(path.subarray(0, end))
  return select(path).length > 0
}

const isInside = (path: Buffer, folder: Buffer | undefined): boolean =>
  folder !== undefined &&
  path.length > folder.length &&
  path[folder.length] === slash &&
  path.subarray(0, folder.length).equals(folder)
