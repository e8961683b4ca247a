/**
 * What is in one folder of an archive: names and sizes, for browsing. The archive is read with tar, which skips the data; names
 * may be any bytes, and there may be millions, so time, output and the answer are limited (LAW-13).
 */
import * as fs from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { type IoFailed, io } from "../disk/io.ts"
import { run, type ToolFailed } from "../process/Tool.ts"
import { forEachRecord, scratchFolder } from "./Scratch.ts"

export interface ArchiveMember {
  /** Its last part, in bytes, as latin1. */
  readonly name: string
  readonly kind: "folder" | "file" | "link" | "special"
  /** Of a folder: of all files below it. A sparse file counts with the size that a reader sees. */
  readonly bytes: number
  /** Of a folder: how many files are below it. */
  readonly files: number
}

export interface Members {
  /** Folders first, each in the order of their bytes. */
  readonly members: ReadonlyArray<ArchiveMember>
  /** How many more there are. */
  readonly more: number
}

/** The most entries of a folder that are answered. */
const mostMembers = 1000

/** The most entries of a folder that are counted apart, so that memory is bounded. */
const mostCounted = 50_000

/** Names of about a million files. */
const mostListing = 128 * 2 ** 20

const mostMemory = 2 ** 31

const longestMs = 20_000

const line = /^([-dlhbcpC])\S*\s+\S+\s+([\d,]+) \S+ \S+ ("(?:[^"\\]|\\.)*")/

const escapes: Readonly<Record<string, string>> = { a: "\u0007", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" }

/** Undoes the quoting of C. @returns bytes, as latin1. */
const unquoted = (quoted: string): string =>
  quoted
    .slice(1, -1)
    .replaceAll(/\\(?:([0-7]{3})|(.))/g, (_, octal: string | undefined, character: string | undefined) =>
      octal === undefined
        ? (escapes[character ?? ""] ?? character ?? "")
        : String.fromCharCode(Number.parseInt(octal, 8) & 0xff)
    )

/** `./a//b/` and `a/b` are the same. */
const partsOf = (name: string): ReadonlyArray<string> => name.split("/").filter((part) => part !== "" && part !== ".")

const kindOf = (type: string): ArchiveMember["kind"] => {
  if (type === "d") return "folder"
  if (type === "l" || type === "h") return "link"
  return type === "-" || type === "C" ? "file" : "special"
}

/** Adds one line of a listing at a time. @param folder in bytes, as latin1; empty: the top. */
export const makeMembers = (folder: string) => {
  const above = partsOf(folder)
  const found = new Map<string, { kind: ArchiveMember["kind"]; bytes: number; files: number }>()
  let uncounted = 0
  const entry = (name: string) => {
    const known = found.get(name)
    if (known !== undefined) return known
    if (found.size >= mostCounted) {
      uncounted += 1
      return null
    }
    const made = { kind: "folder" as ArchiveMember["kind"], bytes: 0, files: 0 }
    found.set(name, made)
    return made
  }
  const add = (text: string): void => {
    const [, type, size, quoted] = line.exec(text) ?? []
    if (type === undefined || size === undefined || quoted === undefined) return
    const parts = partsOf(unquoted(quoted))
    const [name] = parts.slice(above.length)
    if (name === undefined || !above.every((part, index) => parts[index] === part)) return
    const one = entry(name)
    if (one === null) return
    const bytes = type === "-" ? Number(size) : 0
    const isItself = parts.length === above.length + 1
    if (isItself) one.kind = kindOf(type)
    one.bytes += bytes
    if (type !== "d") one.files += 1
  }
  const members = (): Members => {
    const all = [...found].map(([name, one]): ArchiveMember => ({ name, ...one }))
    const sorted = all.toSorted(
      (a, b) =>
        Number(b.kind === "folder") - Number(a.kind === "folder") || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)
    )
    return { members: sorted.slice(0, mostMembers), more: Math.max(0, sorted.length - mostMembers) + uncounted }
  }
  return { add, members }
}

/**
 * @param file the archive.
 * @param folder in bytes, as latin1; empty: the top.
 */
export const membersOf = (file: string, folder: string): Effect.Effect<Members, IoFailed | ToolFailed> =>
  Effect.gen(function* () {
    const listing = join(yield* scratchFolder, "listing")
    const handle = yield* Effect.acquireRelease(
      io("create", listing, () => fs.open(listing, "wx", 0o600)),
      (open) => Effect.ignore(io("close", listing, () => open.close()))
    )
    yield* run(
      "prlimit",
      [
        `--fsize=${mostListing}`,
        `--as=${mostMemory}`,
        ...["tar", "--list", "--verbose", "--absolute-names", "--quoting-style=c", "--numeric-owner", `--file=${file}`]
      ],
      { stdoutFd: handle.fd, timeoutMs: longestMs }
    )
    const { add, members } = makeMembers(folder)
    yield* forEachRecord(listing, 0x0a, (bytes) => add(bytes.toString("latin1")))
    return members()
  }).pipe(Effect.scoped)
