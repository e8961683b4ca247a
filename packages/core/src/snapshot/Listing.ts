/**
 * Checks the content of an archive before it may be unpacked (LAW-13): no name and no hard link leads out of the target
 * folder, and no entry is below a symlink of the same archive. Symlinks themselves may point anywhere: they are data,
 * and nothing follows them here.
 */
import * as fs from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { type IoFailed, io } from "../disk/io.ts"
import { forEachRecord } from "../disk/Records.ts"
import { scratchFolder } from "../disk/Scratch.ts"
import { run, type ToolFailed } from "../process/Tool.ts"
import { listing } from "./ArchiveEntry.ts"

/** The last line. tar itself accepts an archive that was truncated between two entries (`End of File`). */
const last = /^block (\d+): \*\* (.*) \*\*$/

/** Enough to know what is wrong. An archive of garbage has a million problems. */
const mostProblems = 5

/** Quoting turns a byte into up to four characters, and no path of more than 4095 bytes can be created. */
const longestName = 4 * 4096

/** Files, folders, links, and the special files of a volume. No other type is ever written to an archive. */
const types = /^[-dlhbcp]$/

/** A line of the listing: the type, the quoted name, and the target of a link. */
const line = /^block \d+: (\S)[^"]* ("(?:[^"\\]|\\.)*")(?: (->|link to) ("(?:[^"\\]|\\.)*"))?$/

/**
 * Reads an archive to its end. Names in the answer are quoted as in C.
 *
 * @param skips the content of files: an unreadable block of the disk is not found then.
 * @param lines a file for tar's listing of the archive, which is complete if there are no problems.
 * @returns a few of its problems; empty: it can be unpacked safely.
 */
export const listProblems = (
  file: string,
  { lines, skips = false }: { readonly lines?: string; readonly skips?: boolean } = {}
): Effect.Effect<ReadonlyArray<string>, IoFailed | ToolFailed> =>
  Effect.gen(function* () {
    const listed = lines ?? join(yield* scratchFolder, "listing")
    const handle = yield* Effect.acquireRelease(
      io("create", listed, () => fs.open(listed, "wx", 0o600)),
      (open) => Effect.ignore(io("close", listed, () => open.close()))
    )
    const { size } = yield* io("stat", file, () => fs.stat(file))
    const most = mostListing(size)
    const limits = [`--fsize=${most}`, `--as=${mostMemory}`]
    const options = skips ? listing : [...listing, readsAll]
    const unreadable = yield* run("prlimit", [...limits, "tar", ...options, `--file=${file}`], {
      stdoutFd: handle.fd
    }).pipe(
      Effect.as(null),
      Effect.catch((error) =>
        Effect.flatMap(
          io("stat", listed, () => handle.stat()),
          (written) => {
            if (written.size >= most)
              return Effect.succeed("its names are longer than the whole archive: it is malicious")
            return error.notFound || error.code === null ? Effect.fail(error) : Effect.succeed(clip(error.said))
          }
        )
      )
    )
    if (unreadable !== null) return [`not readable to its end: ${unreadable}`]
    const check = makeChecker()
    yield* forEachRecord(listed, 0x0a, (bytes) => check.line(bytes.toString("latin1")))
    const problems = check.problems()
    return problems.length > 0 ? problems : yield* afterTheEnd(file, size, check.end())
  }).pipe(Effect.scoped)

/** A pax header for all members could turn one name into a million. In our archives every name is stored. */
const mostListing = (archiveBytes: number): number => 8 * archiveBytes + (1 << 20)

/** tar needs a few MB. A header that requires more is malicious. */
const mostMemory = 2 ** 31

/** Data after the end-of-archive mark is not unpacked. It must be zeros that fill the last record. */
const afterTheEnd = (file: string, size: number, end: number) =>
  io("read", file, async (): Promise<ReadonlyArray<string>> => {
    const rest = size - end
    if (rest > mostPadding) return [`${rest} bytes follow its end-of-archive mark`]
    const handle = await fs.open(file, "r")
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(rest), 0, rest, end)
      return buffer.subarray(0, bytesRead).every((byte) => byte === 0) ? [] : ["data follows its end-of-archive mark"]
    } finally {
      await handle.close()
    }
  })

/** lastgood writes records of 128 KiB; other programs write up to 1 MiB. */
const mostPadding = 1 << 20

const clip = (text: string): string => (text.length > 600 ? `${text.slice(0, 600)}…` : text)

/** Data that it could skip, so that an unreadable block of the disk is found now. */
const readsAll = "--no-seek"

/** Applies the rules to one line of the listing at a time. */
export const makeChecker = () => {
  const problems: Array<string> = []
  let end: number | null = null
  const symlinks = new Set<string>()
  const problem = (text: string) => {
    if (problems.length < mostProblems) problems.push(text)
  }
  const outside = (name: string): string | null => {
    if (name === "" || name.startsWith("/") || name.split("/").includes("..")) return "leads outside"
    const link = symlinks.size === 0 ? undefined : above(name).find((folder) => symlinks.has(folder))
    return link === undefined ? null : `is below the symlink "${link}"`
  }
  return {
    problems: (): ReadonlyArray<string> =>
      end !== null ? problems : [...problems, "truncated: expected an end-of-archive mark, found none"],
    /** The position of the end-of-archive mark, in bytes. */
    end: (): number => end ?? 0,
    line: (text: string) => {
      if (text.length > 3 * longestName) return problem(`a name of ${text.length} characters: it cannot be unpacked`)
      const [, block, mark] = last.exec(text) ?? []
      end = mark === "Block of NULs" ? Number(block) * 512 : null
      if (mark !== undefined) return
      const [, type, quoted, , quotedTarget] = line.exec(text) ?? []
      if (type === undefined || quoted === undefined) return problem(`a line of its listing cannot be read: ${text}`)
      if (!types.test(type)) return problem(`${quoted} is of the type ${type}, which cannot be in a volume`)
      const name = quoted.slice(1, -1)
      if (name.length > longestName) return problem(`a name of ${name.length} characters: it cannot be unpacked`)
      if (plain(name) === "" && type !== "d") problem(`the volume's own root, ${quoted}, is not a folder`)
      const why = outside(name)
      if (why !== null) return problem(`the name ${quoted} ${why}`)
      if (type === "l") symlinks.add(plain(name))
      if (type === "h") {
        const whyTarget = outside(quotedTarget?.slice(1, -1) ?? "")
        // A hard link to a symlink is a symlink.
        if (symlinks.has(plain(quotedTarget?.slice(1, -1) ?? ""))) symlinks.add(plain(name))
        if (whyTarget !== null) problem(`${quoted} is a hard link to ${quotedTarget}, which ${whyTarget}`)
      }
    }
  }
}

/** `./a//b/` and `a/b` are the same. Quoting never escapes separators and dots, so it need not be undone. */
const plain = (name: string): string =>
  name
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/")

const above = (name: string): ReadonlyArray<string> => {
  const parts = plain(name).split("/")
  return parts.slice(0, -1).map((_, index) => parts.slice(0, index + 1).join("/"))
}
