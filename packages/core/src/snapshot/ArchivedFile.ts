/**
 * One file out of an archive. The index says which part of the archive is the member; GNU tar alone reads it. Before its
 * content is used, tar must list that part as what the index says it is, so a wrong index never gives wrong content. An index
 * that is whole and of this archive is believed when it does not have a name: its own checksum tells if a line was lost.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { IoFailed } from "../disk/io.ts"
import { run, type ToolFailed } from "../process/Tool.ts"
import { type ArchiveEntry, entryOf, listing, type PlacedEntry, plainName } from "./ArchiveEntry.ts"
import { indexAnew, NotIndexable, readIndex } from "./Index.ts"
import type { IndexedArchive } from "./Members.ts"

/** There is nothing to read at a path of an archive. `is`: what is there; null: nothing. */
export class NotAFile extends Schema.TaggedError<NotAFile>()("NotAFile", {
  path: Schema.String,
  is: Schema.NullOr(Schema.Literals(["folder", "symlink", "hardlink", "special"])),
  /** Of a symlink, in bytes as latin1. */
  target: Schema.NullOr(Schema.String)
}) {
  override get message() {
    return this.is === null ? `${this.path} is not in the snapshot` : `${this.path} is not a file`
  }
}

/** The part of an archive that is one member, in bytes. */
export interface ArchivedFile {
  readonly entry: ArchiveEntry
  readonly start: number
  /** null: the end of the archive. */
  readonly end: number | null
  /** false: there was no index that could be used, so the whole archive was listed. */
  readonly indexed: boolean
}

const blockBytes = 512

/** A member's headers are shorter, even with all the xattrs that a file can have. */
const mostHeader = 1 << 20

/** The newest member of this name: tar would extract that one last. */
const find = (archive: IndexedArchive, index: string, name: string) =>
  Effect.gen(function* () {
    const wanted = plainName(name)
    let found: { readonly entry: PlacedEntry; readonly end: number | null } | null = null
    const isWhole = yield* readIndex(index, archive, (entry, end) => {
      if (plainName(entry.name) === wanted) found = { entry, end }
    })
    return { found: found as { readonly entry: PlacedEntry; readonly end: number | null } | null, isWhole }
  })

/** A hard link has the content of the member that it names. */
const resolved = (archive: IndexedArchive, index: string, name: string) =>
  Effect.gen(function* () {
    const { found, isWhole } = yield* find(archive, index, name)
    if (found?.entry.kind !== "hardlink" || found.entry.target === null) return { found, isWhole }
    return yield* find(archive, index, found.entry.target)
  })

const describe = ({ start: _, ...entry }: PlacedEntry): string => JSON.stringify(entry)

/** Whether tar finds this entry there. */
const isAt = (archive: string, entry: PlacedEntry, end: number | null) =>
  Effect.gen(function* () {
    if (end !== null && end <= entry.start) return false
    const from = entry.start * blockBytes
    const until = Math.min(end === null ? Number.MAX_SAFE_INTEGER : end * blockBytes, from + mostHeader)
    const { stdout } = yield* run("tar", [...listing, "--file=-"], {
      inputOf: { file: archive, start: from, end: until },
      // The content is cut off.
      codes: [0, 2]
    })
    const seen = entryOf(stdout.split("\n", 1)[0] ?? "")
    return seen !== null && describe(seen) === describe(entry)
  }).pipe(Effect.catch(() => Effect.succeed(false)))

/**
 * Finds a file, or the file that a hard link names.
 *
 * @param name in bytes, as latin1.
 */
export const memberOf = (
  archive: IndexedArchive,
  name: string
): Effect.Effect<ArchivedFile, NotAFile | NotIndexable | IoFailed | ToolFailed> =>
  Effect.gen(function* () {
    const own = yield* resolved(archive, archive.index, name)
    const isUsable = own.isWhole && (own.found === null || (yield* isAt(archive.path, own.found.entry, own.found.end)))
    const { found } = isUsable ? own : yield* anew(archive, name)
    if (found?.entry.kind !== "file") {
      const is = found?.entry.kind ?? null
      return yield* new NotAFile({ path: name, is, target: found?.entry.target ?? null })
    }
    const { end, entry } = found
    return {
      entry,
      start: entry.start * blockBytes,
      end: end === null ? null : end * blockBytes,
      indexed: isUsable
    }
  })

/** Without an index that can be used: by one that is made for this. */
const anew = (archive: IndexedArchive, name: string) =>
  Effect.gen(function* () {
    const { found, isWhole } = yield* resolved(archive, yield* indexAnew(archive.path, archive), name)
    return isWhole ? { found } : yield* new NotIndexable({ file: archive.path })
  }).pipe(Effect.scoped)

/**
 * Writes the content of a member.
 *
 * @param fd an open file, pipe or terminal.
 */
export const writeContent = (
  archive: string,
  { end, start }: ArchivedFile,
  fd: number
): Effect.Effect<void, ToolFailed> =>
  Effect.asVoid(
    run("tar", ["--extract", "--to-stdout", "--file=-"], { inputOf: { file: archive, start, end }, stdoutFd: fd })
  )
