/**
 * Decides which paths of a volume are data. Globs are as people write them (`cache/**`, `*.log`), relative to the
 * volume's root. Leading dots and newlines match like any other byte.
 *
 * A path is kept when it, or a folder above it, is included (or nothing is), and neither it nor a folder above it is
 * excluded. The folders above a kept path are kept too, so that a restore can place it. `cache/**` matches the content
 * of `cache`: the folder itself stays, empty.
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
 * Makes a function for one walk over a volume. It must be called with every path, folders before their content, as
 * `find` walks. The returned paths go into the archive, in that order.
 *
 * Names are bytes: for matching they are read as UTF-8 (an invalid byte matches `*` and `**`), and returned unchanged.
 * @returns the paths to add now: none, or the path after the folders above it that were not added yet.
 */
export const makeSelector = (filter: VolumeFilter): ((path: Buffer) => ReadonlyArray<Buffer>) => {
  const included = filter.include.length === 0 ? () => true : matches(filter.include)
  const without = [...filter.exclude, ...disposableOf(filter)]
  const excluded = without.length === 0 ? () => false : matches(without)
  /** The folders from the root to the last path. The walk is depth-first, so no more state is needed. */
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

/** Whether a filter keeps this path. */
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
