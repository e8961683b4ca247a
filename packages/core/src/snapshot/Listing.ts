/**
 * What an archive says that it would unpack, checked before it may (LAW-13): no name and no hard link leads out of the
 * folder it is unpacked into, and no entry lies behind a symlink of the same archive. Symlinks themselves may point
 * anywhere: they are data, nobody follows them here.
 */
import * as fs from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { run, type ToolFailed } from "../process/Tool.ts"
import { forEachRecord, scratchFolder } from "./Scratch.ts"
import { type IoFailed, io } from "./Trouble.ts"

/** The last line. tar itself does not mind when an archive was cut between two entries (`End of File`). */
const last = /^block \d+: \*\* (.*) \*\*$/

/** Enough to know what is wrong; an archive of garbage has a million. */
const mostProblems = 5

/** A line of the listing: the type, the quoted name, and what a link points to. */
const line = /^block \d+: (\S)[^"]* ("(?:[^"\\]|\\.)*")(?: (->|link to) ("(?:[^"\\]|\\.)*"))?$/

/**
 * Reads an archive to its end. Names in the answer are quoted as in C.
 * @returns what is wrong with it, at most a few; empty: it can be unpacked safely.
 */
export const listProblems = (file: string): Effect.Effect<ReadonlyArray<string>, IoFailed | ToolFailed> =>
  Effect.gen(function* () {
    const listing = join(yield* scratchFolder, "listing")
    const handle = yield* Effect.acquireRelease(
      io("create", listing, () => fs.open(listing, "wx", 0o600)),
      (open) => Effect.ignore(io("close", listing, () => open.close()))
    )
    const unreadable = yield* run("tar", [...listingOptions, `--file=${file}`], { stdoutFd: handle.fd }).pipe(
      Effect.as(null),
      Effect.catch((error) => (error.notFound || error.code === null ? Effect.fail(error) : Effect.succeed(error.said)))
    )
    if (unreadable !== null) return [`not readable to its end: ${unreadable}`]
    const check = makeChecker()
    yield* forEachRecord(listing, 0x0a, (bytes) => check.line(bytes.toString("latin1")))
    return check.problems()
  }).pipe(Effect.scoped)

const listingOptions = [
  "--list",
  "--verbose",
  "--absolute-names",
  "--block-number",
  "--quoting-style=c",
  "--numeric-owner",
  // Reads what it could skip: a disk that cannot give a block back is found now.
  "--no-seek"
]

/** The rules, one line of the listing at a time. */
export const makeChecker = () => {
  const problems: Array<string> = []
  let ended = false
  const symlinks = new Set<string>()
  const problem = (text: string) => {
    if (problems.length < mostProblems) problems.push(text)
  }
  const outside = (name: string): string | null => {
    if (name === "" || name.startsWith("/") || name.split("/").includes("..")) return "leads outside"
    const link = symlinks.size === 0 ? undefined : above(name).find((folder) => symlinks.has(folder))
    return link === undefined ? null : `lies behind the symlink "${link}"`
  }
  return {
    problems: (): ReadonlyArray<string> =>
      ended ? problems : [...problems, "cut: expected the mark that ends a tar, found none"],
    line: (text: string) => {
      const [, mark] = last.exec(text) ?? []
      ended = mark === "Block of NULs"
      if (mark !== undefined) return
      const [, type, quoted, , quotedTarget] = line.exec(text) ?? []
      if (type === undefined || quoted === undefined) return problem(`a line of its listing cannot be read: ${text}`)
      const name = quoted.slice(1, -1)
      const why = outside(name)
      if (why !== null) return problem(`the name ${quoted} ${why}`)
      if (type === "l") symlinks.add(plain(name))
      if (type === "h") {
        const whyTarget = outside(quotedTarget?.slice(1, -1) ?? "")
        if (whyTarget !== null) problem(`${quoted} is a hard link to ${quotedTarget}, which ${whyTarget}`)
      }
    }
  }
}

/** `./a//b/` and `a/b` are the same. Separators and dots are never escaped by the quoting: no need to undo it. */
const plain = (name: string): string =>
  name
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/")

const above = (name: string): ReadonlyArray<string> => {
  const parts = plain(name).split("/")
  return parts.slice(0, -1).map((_, index) => parts.slice(0, index + 1).join("/"))
}
