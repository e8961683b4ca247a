/**
 * What was read from a file, which counts as long as the file and the folders that lead to it are the same, unchanged: opening
 * each of them safely takes ten times as long as a look at them.
 */
import type { BigIntStats } from "node:fs"
import * as Effect from "effect/Effect"
import { makeRecent } from "../domain/recent.ts"
import { Files } from "./Files.ts"

/** Identifies what is at a path, and its present content: any change of it also changes its time. */
const versionOf = (found: BigIntStats | null): string =>
  found === null
    ? ""
    : [found.dev, found.ino, found.ctimeNs, found.mtimeNs, found.size, found.mode, found.uid].join(" ")

/** null: one cannot be looked at, such as a path that leads through a file. The reading tells what is wrong. */
const versionsOf = (paths: ReadonlyArray<string>, look: (path: string) => BigIntStats | null): string | null => {
  try {
    return paths.map((path) => versionOf(look(path))).join("|")
  } catch {
    return null
  }
}

/** @param most how many files are remembered. */
export const makeUnchangedFiles = <A>(most: number) => {
  const known = makeRecent<{ readonly versions: string; readonly value: A }>(most)
  /**
   * @param file names it. `paths` are those of the file and of the folders that lead to it.
   * @param read null: there is nothing, or it cannot be read now. This is not remembered.
   */
  return <E, R>(
    file: string,
    paths: ReadonlyArray<string>,
    read: Effect.Effect<A | null, E, R>
  ): Effect.Effect<A | null, E, R> =>
    Effect.flatMap(Files, ({ exactLstatNow }) => {
      if (exactLstatNow === undefined) return read
      const before = versionsOf(paths, exactLstatNow)
      const found = known.get(file)
      if (before === null) return read
      if (found?.versions === before) return Effect.succeed(found.value)
      return Effect.tap(read, (value) =>
        Effect.sync(() => {
          const isSame = versionsOf(paths, exactLstatNow) === before
          if (value !== null && isSame) known.set(file, { versions: before, value })
        })
      )
    })
}
