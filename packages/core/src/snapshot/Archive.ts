/**
 * One volume's archive: a plain POSIX tar that `tar -xf` by hand unpacks, written, listed and unpacked by GNU tar. It
 * alone, of the engines measured, is fast and keeps everything: names as bytes, numeric owners, all mode bits,
 * nanoseconds, hard links, xattrs, ACLs, capabilities, sparseness, fifos and devices. (Sockets are not kept: the app
 * makes them again.)
 *
 * The archive is listed by the program that unpacks it, on purpose. What a volume's users control (an xattr's value)
 * can look like a header to another reader: node-tar was seen to report `../../etc/passwd` for a harmless file.
 */
import { createWriteStream } from "node:fs"
import { join } from "node:path"
import { pipeline } from "node:stream/promises"
import * as Effect from "effect/Effect"
import { type IoFailed, io } from "../disk/io.ts"
import type { VolumeFilter } from "../domain/App.ts"
import { volumeText } from "../domain/folders.ts"
import { keepsAll } from "../domain/volumeFilter.ts"
import { run, type ToolFailed } from "../process/Tool.ts"
import { makeSelector } from "./Filter.ts"
import { type Folder, ownFolder, pruneOwn, startOf } from "./Folder.ts"
import { recordsOf, scratchFolder } from "./Scratch.ts"
import { Refusal } from "./Trouble.ts"

/** What both directions need to keep the two the same. */
const fidelity = ["--format=posix", "--xattrs", "--xattrs-include=*", "--acls", "--numeric-owner"]

/** Unchanged data gives an unchanged archive: no access times, no process id in the headers' names. */
const reproducible = "--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime"

/** Fewer, larger writes: 1 GiB in big files takes a third less time than with tar's 10 KiB (measured). */
const fewerWrites = "--record-size=128K"

/** A line may hold a path of 4 KB. */
const clip = (line: string): string => (line.length > 300 ? `${line.slice(0, 150)}…${line.slice(-140)}` : line)

/** tar goes on, with code 0, when it could not read or set an xattr or ACL: it only says so. Here that is a failure. */
const assertNothingLost = (what: string, stderr: string) => {
  const lost = stderr.split("\n").filter((line) => /Cannot/.test(line))
  return lost.length === 0
    ? Effect.void
    : Effect.fail(
        new Refusal({
          reason: `${what} would not be kept whole: ${lost.slice(0, 3).map(clip).join("; ")}`,
          next: "see whether the filesystem supports what tar names (xattrs, ACLs), or exclude these paths"
        })
      )
}

/**
 * Writes the archive of a volume. Nothing may write to the volume meanwhile: tar notices most of what does (its code 1),
 * and then there is no archive to trust.
 * @param file absolute; a file that is there is overwritten, and keeps its mode.
 */
export const createArchive = (
  folder: Folder,
  filter: VolumeFilter,
  file: string
): Effect.Effect<void, IoFailed | ToolFailed | Refusal> =>
  Effect.gen(function* () {
    const what = keepsAll(filter) || folder.file !== null ? everything(folder) : yield* selected(folder, filter)
    const args = [
      "--create",
      ...fidelity,
      "--sparse",
      reproducible,
      fewerWrites,
      `--file=${file}`,
      `--directory=${folder.at}`
    ]
    const result = yield* run("tar", [...args, ...what]).pipe(
      Effect.mapError((error) => (error.code === 1 ? notQuiet(folder, error) : error))
    )
    yield* assertNothingLost(`${volumeText(folder.volume.name)}`, result.stderr)
  }).pipe(Effect.scoped)

const notQuiet = (folder: Folder, error: ToolFailed) =>
  new Refusal({
    reason: `${volumeText(folder.volume.name)} changed while it was read, expected it quiet: ${error.said}`,
    next: "find what still writes to the volume, then try again"
  })

const everything = (folder: Folder) => [
  ...(folder.isMount ? ["--anchored", "--no-wildcards", `--exclude=./${ownFolder}`] : []),
  startOf(folder)
]

const selected = (folder: Folder, filter: VolumeFilter) =>
  Effect.gen(function* () {
    const scratch = yield* scratchFolder
    const all = join(scratch, "all")
    const kept = join(scratch, "kept")
    yield* run("find", [".", "-mindepth", "1", ...pruneOwn(folder), "-fprintf", all, "%P\\0"], { cwd: folder.at })
    yield* writeSelection(all, kept, filter)
    return ["--no-recursion", "--null", "--verbatim-files-from", `--files-from=${kept}`]
  })

const writeSelection = (from: string, to: string, filter: VolumeFilter) =>
  io("write", to, (signal) => {
    const select = makeSelector(filter)
    const selection = async function* () {
      yield Buffer.from(".\0")
      for await (const paths of recordsOf(from, 0)) {
        yield Buffer.concat(paths.flatMap(select).flatMap((path) => [Buffer.from("./"), path, Buffer.from([0])]))
      }
    }
    return pipeline(selection, createWriteStream(to, { mode: 0o600 }), { signal })
  })

/**
 * Unpacks an archive into an empty folder, whose own owner, mode, times and xattrs become the volume root's. tar runs
 * without `--absolute-names`: a second wall behind `listProblems` against names that lead outside.
 */
export const extractArchive = (file: string, folder: string): Effect.Effect<void, IoFailed | ToolFailed | Refusal> =>
  Effect.gen(function* () {
    const result = yield* run("tar", ["--extract", ...unpacking, `--file=${file}`, `--directory=${folder}`])
    yield* assertNothingLost(file, result.stderr)
  })

/** Gives a folder the attributes that the archive keeps for the volume's root, and touches nothing in it. */
export const restoreRootAttributes = (file: string, folder: string) =>
  run("tar", [
    "--extract",
    ...unpacking,
    "--no-recursion",
    "--occurrence=1",
    `--file=${file}`,
    `--directory=${folder}`,
    "./"
  ])

const unpacking = [
  ...fidelity.filter((option) => option !== "--format=posix"),
  "--same-owner",
  "--preserve-permissions",
  "--delay-directory-restore",
  // A clock that went back is no reason to say anything.
  "--warning=no-timestamp"
]
