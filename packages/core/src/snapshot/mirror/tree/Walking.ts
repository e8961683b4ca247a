/**
 * Lists a folder by `find`. It uses one processor, so a large folder is listed in parts at the same time: runs of the
 * entries at its top, which are put together in the order in which one `find` lists them. No part begins below the top:
 * the way there could lead through a symlink by then (LAW-13).
 */
import * as fs from "node:fs/promises"
import { availableParallelism } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { io } from "../../../disk/io.ts"
import { scratchFolder } from "../../../disk/Scratch.ts"
import { lineFormat } from "./Line.ts"
import type { List } from "./List.ts"
import { type Mode, runAt } from "./Mode.ts"

/**
 * Lists a folder into a file. Sockets are left out, as tar leaves them out: the app creates them again.
 *
 * @param folder the name of a held folder, or of one of ours.
 */
export const walkInto = (file: string, folder: string, mode: Mode, format = lineFormat) =>
  Effect.andThen(listInto(file, folder, ["."], mode, format), listAt(file))

/** Of a list that one `find` makes in less time than it takes to start a few. */
const smallBytes = 1 << 20

/**
 * The same as fast as possible, while nothing writes to the folder.
 *
 * @param expected how long the list will be, about, in bytes.
 */
export const walkFast = (file: string, folder: string, expected: number, format = lineFormat) =>
  Effect.gen(function* () {
    const parts = expected < smallBytes ? null : yield* partsOf(folder)
    if (parts === null) return yield* walkInto(file, folder, "quiet", format)
    const scratch = yield* scratchFolder
    const files = yield* Effect.forEach(
      [[".", "-maxdepth", "0"], ...parts],
      (what, at) => {
        const part = join(scratch, `${at}`)
        return Effect.as(listInto(part, folder, what, "quiet", format), part)
      },
      { concurrency: availableParallelism() }
    )
    const whole = yield* Effect.acquireRelease(
      io("open", file, () => fs.open(file, "w")),
      (open) => Effect.ignore(io("close", file, () => open.close()))
    )
    yield* runAt("quiet", "cat", ["--", ...files], { stdoutFd: whole.fd })
    return yield* listAt(file)
  }).pipe(Effect.scoped)

const listAt = (file: string) =>
  io("measure", file, async (): Promise<List> => ({ file, size: (await fs.stat(file)).size }))

/** @param what where find starts, and how deep it goes. */
const listInto = (file: string, folder: string, what: ReadonlyArray<string>, mode: Mode, format: string) => {
  const isBeside = mode === "beside"
  const race = isBeside ? ["-ignore_readdir_race"] : []
  return runAt(mode, "find", [...what, ...race, "!", "-type", "s", "-fprintf", file, format], { cwd: folder }).pipe(
    Effect.catchIf(
      (error) => isBeside && error.code === 1 && isVanished(error.stderr),
      () => Effect.void
    )
  )
}

/** The app may run. `-ignore_readdir_race` is silent about a file that disappears during the walk, but not about a folder. */
const isVanished = (said: string): boolean =>
  said.split("\n").every((line) => line === "" || line.endsWith(": No such file or directory"))

/** find lists a folder with more than 10,000 entries in another order than the folder has them. */
const mostAtTop = 5000
/** The parts do not take the same time, and each costs the start of a program. */
const partCount = 2 * availableParallelism()

/** Names at the top, in the order of the folder; null: it is listed as a whole. */
const partsOf = (folder: string) =>
  io("list", folder, async (): Promise<ReadonlyArray<ReadonlyArray<string>> | null> => {
    const names: Array<string> = []
    for await (const { name } of await fs.opendir(folder, { encoding: "latin1", bufferSize: 512 })) {
      const text = Buffer.from(name, "latin1").toString("utf8")
      // A name that is not text cannot be an argument.
      if (names.length === mostAtTop || Buffer.from(text, "utf8").toString("latin1") !== name) return null
      names.push(`./${text}`)
    }
    if (names.length < 2) return null
    const length = Math.ceil(names.length / partCount)
    return Array.from({ length: Math.ceil(names.length / length) }, (_, i) => names.slice(i * length, (i + 1) * length))
  })
