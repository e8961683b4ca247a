/**
 * The index of an archive: tar's own listing of it, and where each member begins. With it one file is found and read out of
 * an archive without reading the rest. It is made when a snapshot is sealed, in a folder beside the snapshots (a file in the
 * snapshot itself would be a stray one to an older lastgood). A restore never needs it. It is used only if it is whole and
 * was made of this archive; otherwise the archive itself is read.
 *
 *     lastgood-index 1 <bytes of the archive> <crc of the archive>
 *     <start of the member, in blocks of 512 bytes> <line of tar's listing>
 *     …
 *     sha256 <of all lines before>
 */
import { createHash } from "node:crypto"
import * as fs from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { exists, makePrivateFolder } from "../disk/Durable.ts"
import { type IoFailed, io } from "../disk/io.ts"
import { recordsOf } from "../disk/Records.ts"
import { scratchFolder } from "../disk/Scratch.ts"
import type { App } from "../domain/App.ts"
import { run, type ToolFailed } from "../process/Tool.ts"
import { entryOf, listing, type PlacedEntry } from "./ArchiveEntry.ts"
import { fileNameOf, indexesOf, snapshotOf } from "./Layout.ts"
import { memberStarts } from "./MemberStarts.ts"
import { removeTree } from "./removeTree.ts"
import type { Archive } from "./SnapshotStore.ts"

/** The archive cannot be indexed: it holds a header that only tar can read. Its content can be extracted all the same. */
export class NotIndexable extends Schema.TaggedError<NotIndexable>()("NotIndexable", { file: Schema.String }) {
  readonly next = "restore the snapshot, or unpack the archive with GNU tar"

  override get message() {
    return `${this.file}: the starts of its members do not agree with tar's listing`
  }
}

/** Of which archive an index is: `bytes` and `crc` are those of the snapshot's meta. */
export type Identity = Pick<Archive, "bytes" | "crc">

export const indexOf = (app: App, id: string, volume: string): string =>
  join(indexesOf(app), id, `${fileNameOf(volume)}.index`)

const headOf = ({ bytes, crc }: Identity): string => `lastgood-index 1 ${bytes} ${crc}`

/** tar needs a few MB; lines are shorter than the headers that they show, which take 512 bytes at least. */
const limits = (bytes: number) => [`--fsize=${8 * bytes + (1 << 20)}`, `--as=${2 ** 31}`]

/** Writes tar's listing of an archive to a file. It skips the content of files. */
const list = (archive: string, bytes: number, to: string): Effect.Effect<void, IoFailed | ToolFailed> =>
  Effect.gen(function* () {
    const handle = yield* Effect.acquireRelease(
      io("create", to, () => fs.open(to, "wx", 0o600)),
      (open) => Effect.ignore(io("close", to, () => open.close()))
    )
    yield* run("prlimit", [...limits(bytes), "tar", ...listing, `--file=${archive}`], { stdoutFd: handle.fd })
  }).pipe(Effect.scoped)

/** @returns false: the archive cannot be indexed. */
const combine = async (archive: string, identity: Identity, lines: string, to: string): Promise<boolean> => {
  const opened = await fs.open(archive, "r")
  const out = await fs.open(to, "wx", 0o600)
  try {
    const hash = createHash("sha256")
    const write = async (text: string) => {
      hash.update(text, "latin1")
      await out.writeFile(text, "latin1")
    }
    await write(`${headOf(identity)}\n`)
    const starts = memberStarts(opened)
    for await (const records of recordsOf(lines, 0x0a)) {
      let part = ""
      for (const record of records) {
        const text = record.toString("latin1")
        const [, block, rest = ""] = /^block (\d+): (.*)$/s.exec(text) ?? []
        if (rest.startsWith("** ")) continue
        const { value } = await starts.next()
        if (value === undefined || value.header !== Number(block)) return false
        const line = `${value.start} ${text}`
        if (entryOf(line) === null) return false
        part += `${line}\n`
      }
      await write(part)
    }
    await out.writeFile(`sha256 ${hash.digest("hex")}\n`)
    return true
  } finally {
    await Promise.all([opened.close(), out.close()])
  }
}

/**
 * Writes the index of an archive.
 *
 * @param archive its path.
 * @param to a file, which is replaced by a rename.
 */
export const writeIndex = (
  archive: string,
  identity: Identity,
  to: string
): Effect.Effect<void, IoFailed | ToolFailed | NotIndexable> =>
  Effect.gen(function* () {
    const lines = join(yield* scratchFolder, "listing")
    const made = `${to}.new`
    yield* list(archive, identity.bytes, lines)
    const removed = io("remove", made, () => fs.rm(made, { force: true }))
    yield* removed
    // A part of an index is removed too, because the disk may be full.
    const isMade = yield* io("index", made, () => combine(archive, identity, lines, made)).pipe(
      Effect.onError(() => Effect.ignore(removed))
    )
    if (isMade) return yield* io("rename", to, () => fs.rename(made, to))
    yield* removed
    return yield* new NotIndexable({ file: archive })
  }).pipe(Effect.scoped)

/** An index that is made for one reading. @returns its path, which is gone with the scope. */
export const indexAnew = (archive: string, identity: Identity) =>
  Effect.gen(function* () {
    const index = join(yield* scratchFolder, "index")
    yield* writeIndex(archive, identity, index)
    return index
  })

/** Makes the index of a sealed archive, if there is none. A failure is not one of the snapshot. */
export const ensureIndex = (app: App, id: string, volume: string, folder: string, archive: Archive) =>
  Effect.gen(function* () {
    const to = indexOf(app, id, volume)
    if (yield* isOf(to, archive)) return
    yield* makePrivateFolder(join(indexesOf(app), id))
    yield* writeIndex(join(folder, archive.file), archive, to)
  }).pipe(
    Effect.catch(({ message }) =>
      Effect.logWarning(`snapshot ${id} has no index, so reading one file out of it is slow: ${message}`)
    )
  )

/** Removes the indexes of snapshots that are gone: an older lastgood prunes a snapshot, but not its index. */
export const clearIndexes = (app: App) =>
  Effect.gen(function* () {
    const root = indexesOf(app)
    const ids = yield* io("list", root, () => fs.readdir(root))
    yield* Effect.forEach(
      ids,
      (id) =>
        Effect.flatMap(exists(snapshotOf(app, id)), (isThere) => (isThere ? Effect.void : removeTree(join(root, id)))),
      { discard: true }
    )
  })

/** Reading a FIFO would wait for ever. */
const isFile = async (path: string): Promise<boolean> => (await fs.lstat(path)).isFile()

/** Whether there is an index of this archive. Does not check that it is whole. */
const isOf = (index: string, identity: Identity) =>
  io("read", index, async () => {
    if (!(await isFile(index))) return false
    const handle = await fs.open(index, "r")
    try {
      const head = `${headOf(identity)}\n`
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(head.length), 0, head.length, 0)
      return buffer.toString("latin1", 0, bytesRead) === head
    } finally {
      await handle.close()
    }
  }).pipe(Effect.catch((error) => (error.code === "ENOENT" ? Effect.succeed(false) : Effect.fail(error))))

/**
 * Calls `each` with the entries of an index, in the order of the archive.
 *
 * @param each also gets where the entry ends, in blocks; null: at the end of the archive.
 * @returns false: the index is missing, unreadable, broken, or of another archive; what `each` got must not be used.
 */
export const readIndex = (
  index: string,
  identity: Identity,
  each: (entry: PlacedEntry, end: number | null, line: string) => void
): Effect.Effect<boolean> =>
  io("read", index, async () => {
    if (!(await isFile(index))) return false
    const hash = createHash("sha256")
    let [isFirst, sum] = [true, ""]
    let last: { readonly entry: PlacedEntry; readonly text: string } | null = null
    for await (const records of recordsOf(index, 0x0a)) {
      for (const record of records) {
        const text = record.toString("latin1")
        if (sum !== "" || (isFirst && text !== headOf(identity))) return false
        if (text.startsWith("sha256 ")) {
          sum = text.slice("sha256 ".length)
          continue
        }
        hash.update(record).update("\n")
        const entry = isFirst ? null : entryOf(text)
        if (!isFirst && entry === null) return false
        isFirst = false
        if (entry === null) continue
        if (last !== null) each(last.entry, entry.start, last.text)
        last = { entry, text }
      }
    }
    if (last !== null) each(last.entry, null, last.text)
    return sum === hash.digest("hex")
  }).pipe(Effect.orElseSucceed(() => false))
