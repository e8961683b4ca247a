/**
 * What is in one folder of an archive: names and sizes, for browsing. They are in the archive's index; without one, tar reads
 * the archive and skips the content. Names may be any bytes, and there may be millions, so where strangers wait for the answer,
 * time, output and the answer are limited (LAW-13).
 */
import * as fs from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { type IoFailed, io } from "../disk/io.ts"
import { forEachRecord } from "../disk/Records.ts"
import { scratchFolder } from "../disk/Scratch.ts"
import { run, type ToolFailed } from "../process/Tool.ts"
import { type ArchiveEntry, entryOf, listing, partsOf } from "./ArchiveEntry.ts"
import { type Identity, readIndex } from "./Index.ts"

/** An archive of a snapshot, and the file where its index is, if it has one. */
export interface IndexedArchive extends Identity {
  readonly path: string
  readonly index: string
}

export interface ArchiveMember {
  /** Its last part, in bytes, as latin1. */
  readonly name: string
  readonly kind: "folder" | "file" | "link" | "special"
  /** Of a folder: of all files below it. A sparse file counts with the size that a reader sees. */
  readonly bytes: number
  /** Of a folder: how many files are below it. */
  readonly files: number
  /** null: a folder that the archive does not name itself. */
  readonly entry: ArchiveEntry | null
}

export interface Members {
  /** Folders first, each in the order of their bytes. */
  readonly members: ReadonlyArray<ArchiveMember>
  /** How many more there are. */
  readonly more: number
  /** The folder itself, or the file that was named instead; null: the archive does not have it. */
  readonly itself: ArchiveEntry | null
  /** false: there was no index, so the archive was read. */
  readonly indexed: boolean
}

/** Bounds of the work and of the answer. */
export interface MemberLimits {
  /** The most entries that are answered. */
  readonly members: number
  /** The most entries that are counted apart. */
  readonly counted: number
  /** The longest listing or index, in bytes. */
  readonly listing: number
  /** Milliseconds. */
  readonly ms: number
}

/** For a page: names of about a million files. */
export const pageLimits: MemberLimits = { members: 1000, counted: 50_000, listing: 128 * 2 ** 20, ms: 20_000 }

const mostMemory = 2 ** 31

const kindOf = ({ kind }: ArchiveEntry): ArchiveMember["kind"] =>
  kind === "symlink" || kind === "hardlink" ? "link" : kind

/** Adds one entry at a time. @param folder in bytes, as latin1; empty: the top. */
export const makeMembers = (folder: string, limits: Pick<MemberLimits, "members" | "counted"> | null) => {
  const above = partsOf(folder)
  const found = new Map<
    string,
    { kind: ArchiveMember["kind"]; bytes: number; files: number; entry: ArchiveEntry | null }
  >()
  let itself: ArchiveEntry | null = null
  let uncounted = 0
  const memberFor = (name: string) => {
    const known = found.get(name)
    if (known !== undefined) return known
    if (limits !== null && found.size >= limits.counted) {
      uncounted += 1
      return null
    }
    const made = { kind: "folder" as ArchiveMember["kind"], bytes: 0, files: 0, entry: null as ArchiveEntry | null }
    found.set(name, made)
    return made
  }
  const add = (entry: ArchiveEntry): void => {
    const parts = partsOf(entry.name)
    if (!above.every((part, index) => parts[index] === part)) return
    const [name] = parts.slice(above.length)
    if (name === undefined) {
      itself = entry
      return
    }
    const member = memberFor(name)
    if (member === null) return
    if (parts.length === above.length + 1) {
      member.kind = kindOf(entry)
      member.entry = entry
    }
    member.bytes += entry.bytes
    if (entry.kind !== "folder") member.files += 1
  }
  const members = (): Omit<Members, "indexed"> => {
    const all = [...found].map(([name, one]): ArchiveMember => ({ name, ...one }))
    const sorted = all.toSorted(
      (a, b) =>
        Number(b.kind === "folder") - Number(a.kind === "folder") || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)
    )
    const most = limits?.members ?? sorted.length
    return { members: sorted.slice(0, most), more: Math.max(0, sorted.length - most) + uncounted, itself }
  }
  return { add, members }
}

const isTooLong = (index: string, limits: MemberLimits | null) =>
  limits === null
    ? Effect.succeed(false)
    : io("stat", index, () => fs.stat(index)).pipe(
        Effect.map(({ size }) => size > limits.listing),
        Effect.catch(() => Effect.succeed(false))
      )

/**
 * @param folder in bytes, as latin1; empty: the top.
 * @param limits null: none, for the operator.
 */
export const membersOf = (
  { index, path, ...identity }: IndexedArchive,
  folder: string,
  limits: MemberLimits | null
): Effect.Effect<Members, IoFailed | ToolFailed> =>
  Effect.gen(function* () {
    if (!(yield* isTooLong(index, limits))) {
      const { add, members } = makeMembers(folder, limits)
      if (yield* readIndex(index, identity, add)) return { ...members(), indexed: true }
    }
    const lines = join(yield* scratchFolder, "listing")
    const handle = yield* Effect.acquireRelease(
      io("create", lines, () => fs.open(lines, "wx", 0o600)),
      (open) => Effect.ignore(io("close", lines, () => open.close()))
    )
    const bounds = [...(limits === null ? [] : [`--fsize=${limits.listing}`]), `--as=${mostMemory}`]
    yield* run("prlimit", [...bounds, "tar", ...listing, `--file=${path}`], {
      stdoutFd: handle.fd,
      ...(limits === null ? {} : { timeoutMs: limits.ms })
    })
    const { add, members } = makeMembers(folder, limits)
    yield* forEachRecord(lines, 0x0a, (bytes) => {
      const entry = entryOf(bytes.toString("latin1"))
      if (entry !== null) add(entry)
    })
    return { ...members(), indexed: false }
  }).pipe(Effect.scoped)
