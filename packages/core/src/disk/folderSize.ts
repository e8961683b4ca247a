/** How much a folder holds, for people: counted only so far, because it may be a whole disk. */
import { lstat, opendir } from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { countedSize } from "../domain/size.ts"

export interface FolderSize {
  readonly bytes: number
  readonly files: number
  /** Not everything was counted. */
  readonly isPartial: boolean
}

const mostEntries = 20_000
/** A disk that does not answer must not delay a refusal. */
const longest = "3 seconds"

/** Stays on the folder's filesystem, and follows no link. What cannot be read counts as nothing. */
export const folderSize = (path: string): Effect.Effect<FolderSize> => {
  const counted = { bytes: 0, files: 0, entries: 0 }
  const count = async (signal: AbortSignal): Promise<boolean> => {
    const top = await lstat(path).catch(() => null)
    if (top === null) return true
    if (!top.isDirectory()) {
      counted.bytes += top.size
      counted.files += 1
      return true
    }
    const queue = [path]
    for (let folder = queue.pop(); folder !== undefined; folder = queue.pop()) {
      const entries = await opendir(folder).catch(() => null)
      if (entries === null) continue
      for await (const entry of entries) {
        counted.entries += 1
        if (counted.entries > mostEntries || signal.aborted) return false
        const at = join(folder, entry.name)
        const found = await lstat(at).catch(() => null)
        if (found === null || found.dev !== top.dev) continue
        if (found.isDirectory()) queue.push(at)
        else {
          counted.bytes += found.size
          counted.files += 1
        }
      }
    }
    return true
  }
  return Effect.promise((signal) => count(signal).catch(() => false)).pipe(
    Effect.timeoutOption(longest),
    Effect.map((whole) => ({
      ...{ bytes: counted.bytes, files: counted.files },
      isPartial: whole._tag === "None" || !whole.value
    }))
  )
}

/** `at least 1.20 GB in 20000 files`. */
export const folderSizeText = ({ bytes, files, isPartial }: FolderSize): string =>
  `${countedSize(bytes, isPartial)} in ${files} ${files === 1 ? "file" : "files"}`
