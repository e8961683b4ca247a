/**
 * One volume's archive: a plain POSIX tar that `tar -xf` can unpack, written, listed and unpacked by GNU tar. Of the
 * tools measured, only GNU tar is fast and keeps everything: names as bytes, numeric owners, all mode bits,
 * nanoseconds, hard links, xattrs, ACLs, capabilities, sparseness, fifos and devices. (Sockets are not kept: the app
 * creates them again.)
 *
 * The program that unpacks the archive also lists it, on purpose. Data that a volume's users control (an xattr's value)
 * can look like a header to another reader: node-tar reported `../../etc/passwd` for a harmless file.
 */
import { createWriteStream } from "node:fs"
import { join } from "node:path"
import { pipeline } from "node:stream/promises"
import * as Effect from "effect/Effect"
import { type IoFailed, io } from "../disk/io.ts"
import { recordsOf } from "../disk/Records.ts"
import { scratchFolder } from "../disk/Scratch.ts"
import type { VolumeFilter } from "../domain/App.ts"
import { volumeText } from "../domain/folders.ts"
import { keepsAll } from "../domain/volumeFilter.ts"
import { type Priority, runAt } from "../process/priority.ts"
import { run, type ToolFailed } from "../process/Tool.ts"
import { makeSelector } from "./Filter.ts"
import { type Folder, ownFolder, pruneOwn, startOf } from "./Folder.ts"
import { SnapshotRefusal } from "./Trouble.ts"

/** Both directions need these to preserve everything. */
export const fidelity = ["--format=posix", "--xattrs", "--xattrs-include=*", "--acls", "--numeric-owner"]

/** Unchanged data gives an unchanged archive: no access times, and no process id in the names of headers. */
export const reproducible = "--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime"

/** Fewer, larger writes: 1 GiB of large files takes a third less time than with tar's 10 KiB (measured). */
export const recordBytes = 128 * 1024
export const fewerWrites = `--record-size=${recordBytes}`

/** A line may contain a path of 4 KB. */
const clip = (line: string): string => (line.length > 300 ? `${line.slice(0, 150)}…${line.slice(-140)}` : line)

/** When tar cannot read or set an xattr or ACL, it only prints a warning and exits with 0. Here that is a failure. */
export const assertNothingLost = (what: string, stderr: string) => {
  const lost = stderr.split("\n").filter((line) => /Cannot/.test(line))
  return lost.length === 0
    ? Effect.void
    : Effect.fail(
        new SnapshotRefusal({
          reason: `${what} would not be kept completely: ${lost.slice(0, 3).map(clip).join("; ")}`,
          next: "use a filesystem that supports these attributes (xattrs, ACLs), or exclude these paths"
        })
      )
}

/**
 * Writes the archive of a volume. Nothing may write to the volume in the meantime. tar detects most writes (its exit
 * code 1), and then the archive is not used.
 * @param file absolute; an existing file is overwritten, and keeps its mode.
 */
export const createArchive = (
  folder: Folder,
  filter: VolumeFilter,
  file: string,
  priority: Priority = "normal"
): Effect.Effect<void, IoFailed | ToolFailed | SnapshotRefusal> =>
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
    const result = yield* runAt(priority, "tar", [...args, ...what]).pipe(
      Effect.mapError((error) => (error.code === 1 ? notQuiet(folder, error) : error))
    )
    yield* assertNothingLost(`${volumeText(folder.volume.name)}`, result.stderr)
  }).pipe(Effect.scoped)

export const notQuiet = (folder: Folder, error: ToolFailed) =>
  new SnapshotRefusal({
    reason: `${volumeText(folder.volume.name)} changed while it was read, but expected no writes: ${error.said}`,
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
        const kept = [...paths].flatMap(select)
        yield Buffer.concat(kept.flatMap((path) => [Buffer.from("./"), path, Buffer.from([0])]))
      }
    }
    return pipeline(selection, createWriteStream(to, { mode: 0o600 }), { signal })
  })

/**
 * Unpacks an archive into an empty folder, which gets the owner, mode, times and xattrs of the volume's root. tar runs
 * without `--absolute-names`, as a second check after `listProblems` against names that lead outside.
 */
export const extractArchive = (
  file: string,
  folder: string
): Effect.Effect<void, IoFailed | ToolFailed | SnapshotRefusal> =>
  Effect.gen(function* () {
    const result = yield* run("tar", ["--extract", ...unpacking, `--file=${file}`, `--directory=${folder}`])
    yield* assertNothingLost(file, result.stderr)
  })

/**
 * Unpacks a part of an archive into an empty folder, with the attributes that the snapshot has.
 *
 * @param names a file with the names of members as the archive has them, each followed by a NUL; of a folder, everything below
 *   it is unpacked too.
 */
export const extractMembers = (
  file: string,
  folder: string,
  names: string
): Effect.Effect<void, IoFailed | ToolFailed | SnapshotRefusal> =>
  Effect.gen(function* () {
    const chosen = ["--no-wildcards", "--null", "--verbatim-files-from", "--no-unquote", `--files-from=${names}`]
    const result = yield* run("tar", ["--extract", ...unpacking, `--file=${file}`, `--directory=${folder}`, ...chosen])
    yield* assertNothingLost(file, result.stderr)
  })

/** Gives a folder the attributes of the volume's root in the archive, and changes nothing in it. */
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

export const unpacking = [
  ...fidelity.filter((option) => option !== "--format=posix"),
  "--same-owner",
  "--preserve-permissions",
  "--delay-directory-restore",
  // tar must not warn about a clock that was set back.
  "--warning=no-timestamp"
]
