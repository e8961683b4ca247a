/**
 * Which entries may change again without a trace. Two changes within the granularity of the filesystem's clock can have
 * the same ctime. So what changed shortly before the walk, or since, is marked: the next refresh copies it again.
 *
 * A store to a shared mapping (mmap) sets the ctime only when its page goes from clean to dirty; later stores to the
 * page leave no trace until it is written back. So the whole filesystem is synced between the time that is taken here
 * and the walk: a store after the sync sets the ctime again. tmpfs does not write back, and cannot have a mirror.
 *
 * A write sets the ctime when it begins. One that waits for the disk (O_DIRECT, as databases write) changes the file
 * afterwards, without another trace. So there is time for it to end.
 */
import * as fs from "node:fs/promises"
import { join } from "node:path"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { type IoFailed, io } from "../../../disk/io.ts"
import type { Held } from "../../Held.ts"
import type { MirrorLine } from "./Line.ts"

/**
 * Seconds: within this time a write has ended that the disk has not failed. The clock for file times, whose granularity is
 * 10 ms at most, is included.
 */
export const LongestWrite = Context.Reference<number>("lastgood/snapshot/mirror/LongestWrite", {
  defaultValue: () => 30
})

/**
 * A time in seconds by the filesystem's own clock: an entry that has a ctime before it did not change since the call.
 *
 * @param home on the filesystem of the source.
 */
export const settledBefore = (home: Held): Effect.Effect<number, IoFailed> =>
  Effect.gen(function* () {
    const longestWrite = yield* LongestWrite
    const file = join(home.at, "clock")
    return yield* io("write", file, async () => {
      await fs.writeFile(file, ".", { mode: 0o600 })
      return (await fs.stat(file)).mtimeMs / 1000 - longestWrite
    })
  })

/** Only the ctime tells: a program can set any mtime, and doing so sets the ctime. */
export const mayChangeUnseen = ({ ctime }: MirrorLine, limit: number): boolean => Number(ctime) >= limit
