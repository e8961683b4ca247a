/**
 * What was read from a small folder and its files. It is read again when one of them has changed, which takes one look at each:
 * a host of many apps reads the same folders again and again.
 */
import { statSync } from "node:fs"
import { makeRecent } from "../domain/recent.ts"

export interface Content<A> {
  readonly value: A
  /** The paths of the files whose content it depends on, besides the names in the folder. */
  readonly files: ReadonlyArray<string>
}

/**
 * A file that changes twice within the resolution of its filesystem's clock keeps its time, so only what was read so long
 * after the change counts. Milliseconds; the coarsest clocks tell every second second.
 */
export const settledMs = 2500

interface Known<A> extends Content<A> {
  readonly version: string
  /** When this version was first seen, in milliseconds of the monotonic clock. */
  readonly since: number
  /** Whether it was read after everything had settled. */
  readonly isSettled: boolean
}

const versionOf = (path: string): string => {
  const { ctimeMs, dev, ino, mtimeMs, size } = statSync(path)
  return `${dev} ${ino} ${size} ${mtimeMs} ${ctimeMs}`
}

/** null: one of them cannot be looked at, such as a file that was removed. */
const versionOfAll = (folder: string, files: ReadonlyArray<string>): string | null => {
  try {
    return [folder, ...files].map(versionOf).join("|")
  } catch {
    return null
  }
}

/**
 * @param most how many folders are remembered.
 * @param read is given a folder, and may throw.
 */
export const makeUnchanged = <A>(most: number, read: (folder: string) => Content<A>): ((folder: string) => A) => {
  const known = makeRecent<Known<A>>(most)
  return (folder) => {
    const before = known.get(folder)
    const isSame = before !== undefined && versionOfAll(folder, before.files) === before.version
    if (isSame && before.isSettled) return before.value
    const content = read(folder)
    const version = versionOfAll(folder, content.files)
    if (version === null) return content.value
    const now = performance.now()
    const since = before?.version === version ? before.since : now
    known.set(folder, { ...content, version, since, isSettled: now - since >= settledMs })
    return content.value
  }
}
