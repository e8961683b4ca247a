/**
 * What was read from a file, which counts as long as the file and the folders that lead to it are the same, unchanged: opening
 * each of them safely takes ten times as long as a look at them.
 */
import type { BigIntStats } from "node:fs"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { makeRecent } from "../domain/recent.ts"
import { Files } from "./Files.ts"
import { settledMs } from "./unchangedFolder.ts"

/** Identifies what is at a path, and its present content: a later change of it also changes its time. */
const versionOf = (found: BigIntStats | null): string =>
  found === null
    ? ""
    : [found.dev, found.ino, found.ctimeNs, found.mtimeNs, found.size, found.mode, found.uid].join(" ")

interface Versions {
  readonly text: string
  /** Of the last change, in nanoseconds since the epoch. */
  readonly changedNs: bigint
}

/** null: one cannot be looked at, such as a path that leads through a file. The reading tells what is wrong. */
const versionsOf = (paths: ReadonlyArray<string>, look: (path: string) => BigIntStats | null): Versions | null => {
  try {
    const found = paths.map(look)
    return {
      text: found.map(versionOf).join("|"),
      changedNs: found.reduce((last, one) => (one !== null && one.ctimeNs > last ? one.ctimeNs : last), 0n)
    }
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
      if (found?.versions === before.text) return Effect.succeed(found.value)
      return Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        const value = yield* read
        // A change that is as young as this could be followed by one with the same time.
        const isSettled = before.changedNs <= BigInt(now - settledMs) * 1_000_000n
        const isSame = versionsOf(paths, exactLstatNow)?.text === before.text
        if (value !== null && isSettled && isSame) known.set(file, { versions: before.text, value })
        return value
      })
    })
}
