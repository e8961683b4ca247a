/** Copies entries of a volume into a tree by a pipe of two tars, which keep what an archive keeps. */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { scratchFolder } from "../../../disk/Scratch.ts"
import { volumeText } from "../../../domain/folders.ts"
import { ToolFailed } from "../../../process/Tool.ts"
import {
  assertNothingLost,
  fewerWrites,
  fidelity,
  notQuiet,
  recordBytes,
  reproducible,
  unpacking
} from "../../Archive.ts"
import type { Folder } from "../../Folder.ts"
import { type Mode, paceAt, runAt } from "./Mode.ts"
import { writeNames } from "./Names.ts"
import { pausesOf } from "./Pace.ts"

/** A pipe for the two tars, which is there while the scope is open. */
export const makePipe = Effect.gen(function* () {
  const pipe = join(yield* scratchFolder, "pipe")
  yield* runAt("quiet", "mkfifo", ["--mode=600", "--", pipe])
  return pipe
})

/**
 * What exists in the tree is replaced; folders keep their content. Folders among the names get their times after their
 * content.
 *
 * @param pipe of `makePipe`.
 * @param names null: everything.
 */
export const copyInto = (pipe: string, tree: string, folder: Folder, names: Iterable<string> | null, mode: Mode) =>
  Effect.gen(function* () {
    const scratch = yield* scratchFolder
    const what = names === null ? ["."] : yield* listed(join(scratch, "names"), names)
    const pauses = pausesOf((yield* paceAt(mode)).bandwidth, recordBytes)
    const common = [fewerWrites, "--force-local", `--file=${pipe}`]
    const read = [
      "--create",
      ...fidelity,
      "--sparse",
      reproducible,
      ...pauses,
      ...common,
      `--directory=${folder.at}`,
      ...what
    ]
    const write = ["--extract", ...unpacking, "--read-full-records", ...common, `--directory=${tree}`]
    const reader = yield* Effect.forkScoped(reading(folder, read, mode))
    const writer = yield* Effect.forkScoped(runAt(mode, "tar", write))
    const [said, unpacked] = yield* Effect.all([Fiber.join(reader), Fiber.join(writer)], { concurrency: 2 }).pipe(
      Effect.catch((error) => Effect.flatMap(causeOf(error, [reader, writer]), Effect.fail))
    )
    yield* assertNothingLost(volumeText(folder.volume.name), said)
    yield* assertNothingLost(tree, unpacked.stderr)
  }).pipe(Effect.scoped)

/** The other tar ends soon, unless it still waits for the first to open the pipe. */
const longestEnd = "2 seconds"

/** If one tar was killed, the other has a broken pipe, and may be the first to say so. */
const causeOf = <E>(first: E, tars: ReadonlyArray<Fiber.Fiber<unknown, E>>): Effect.Effect<E> =>
  Effect.gen(function* () {
    for (const tar of tars) {
      const end = yield* Effect.timeoutOption(Effect.result(Fiber.join(tar)), longestEnd)
      if (Option.isSome(end) && Result.isFailure(end.value) && wasKilled(end.value.failure)) return end.value.failure
    }
    return first
  })

const wasKilled = (error: unknown): boolean =>
  error instanceof ToolFailed && error.signal !== undefined && error.signal !== "SIGPIPE"

const listed = (file: string, names: Iterable<string>) =>
  Effect.as(writeNames(file, names), ["--no-recursion", "--null", "--verbatim-files-from", `--files-from=${file}`])

/** @returns what tar said that is not about changes of a running app. */
const reading = (folder: Folder, args: ReadonlyArray<string>, mode: Mode) =>
  Effect.gen(function* () {
    if (mode === "quiet") {
      return yield* runAt(mode, "tar", args).pipe(
        Effect.mapBoth({
          onSuccess: ({ stderr }) => stderr,
          onFailure: (error) => (error.code === 1 || gone.test(error.stderr) ? notQuiet(folder, error) : error)
        })
      )
    }
    const { code, stderr, stdout } = yield* runAt(mode, "tar", args, { codes: [0, 1, 2] })
    const rest = stderr.split("\n").filter((line) => line !== "" && !changing.some((pattern) => pattern.test(line)))
    if (code === 2 && rest.length > 0) {
      const said = rest.join("\n")
      return yield* new ToolFailed({ tool: "tar", args, code, stdout, stderr: said, notFound: false, timedOut: false })
    }
    return rest.join("\n")
  })

const gone = /: No such file or directory$/m

/** What tar says when an app changes its files meanwhile. The sizes and times of such files tell as well. */
const changing = [
  gone,
  /: Not a directory$/,
  /: file changed as we read it$/,
  /: File removed before we read it$/,
  /: File shrank by \d+ bytes?; padding with zeros$/,
  /: socket ignored$/,
  /: Exiting with failure status due to previous errors$/
]
