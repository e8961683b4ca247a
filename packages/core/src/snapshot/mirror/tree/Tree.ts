/**
 * The mirror of a volume: a copy of its folder on the same filesystem, which is brought up to date in a time that
 * depends on what changed, not on how much there is. In its own folder (only lastgood can enter it):
 * - `tree`: the copy.
 * - `manifest`: the list of the source that the tree equals. Marked lines are copied again by the next refresh.
 * - `pending`: the names that a refresh changes. It is on disk before the first change and is removed after the manifest
 *   is in place. If it exists, a refresh was interrupted, and the next one does not trust the tree.
 * - `partial`: parts of the first copy are still missing.
 */
import * as fs from "node:fs/promises"
import { join } from "node:path"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { exists, rename, sync, writeFileDurably } from "../../../disk/Durable.ts"
import { type IoFailed, io } from "../../../disk/io.ts"
import { forEachRecord } from "../../../disk/Records.ts"
import { syncFilesystem } from "../../../process/syncFilesystem.ts"
import type { ToolFailed } from "../../../process/Tool.ts"
import { crc } from "../../Checksums.ts"
import type { Folder } from "../../Folder.ts"
import type { Held } from "../../Held.ts"
import { removeTree } from "../../removeTree.ts"
import type { SnapshotRefusal } from "../../Trouble.ts"
import { takeAllLinks } from "./AllLinks.ts"
import { assertCopied, assertEqual, assertFits } from "./Asserting.ts"
import { distrustOtherBoot } from "./Boot.ts"
import { allOfThem, type Changes, changesBetween } from "./Changes.ts"
import { copyInto, makePipe } from "./Copying.ts"
import { possibleDetours } from "./Detours.ts"
import { copyLargeFiles } from "./LargeFiles.ts"
import { bytesOf, forEachLine, type MirrorLine, parentOf } from "./Line.ts"
import { complete, type List, manifestAt, readList, type Totals } from "./List.ts"
import { pendingAt, treeAt } from "./Manifest.ts"
import type { Mode } from "./Mode.ts"
import { mayChangeUnseen, settledBefore } from "./Racy.ts"
import { removeNames } from "./Removing.ts"
import { letNoneInherit } from "./SetGid.ts"
import { settle } from "./Settle.ts"
import { makeAnew, withStrayAttributes } from "./StrayAttributes.ts"
import { walkFast, walkInto } from "./Walking.ts"

export interface Refreshed {
  readonly entries: number
  /** Of all names of all files. */
  readonly bytes: number
  /** Entries that were copied, with the folders around them. */
  readonly copied: number
  readonly removed: number
  /** Bytes of the files that were copied; of a large file, of its blocks. */
  readonly written: number
  /** POSIX `cksum` of the manifest. */
  readonly manifest: string
}

/** About how many bytes a refresh beside the app copies before it records them. The next part is twice as large. */
export const FirstPart = Context.Reference<number>("lastgood/snapshot/mirror/FirstPart", {
  defaultValue: () => 4 * 2 ** 30
})

type Trouble = IoFailed | SnapshotRefusal | ToolFailed

/**
 * Brings the tree up to date with a volume's folder.
 *
 * `beside`: the app runs, and comes first. What vanishes or changes meanwhile is left for the next refresh.
 * `quiet`: nothing writes to the volume. A difference afterwards is an error. When it returns, the tree and the manifest
 * are on disk.
 *
 * @param home the mirror's own folder, on the filesystem of the volume.
 */
export const refresh = (folder: Folder, home: Held, mode: Mode): Effect.Effect<Refreshed, Trouble> =>
  Effect.gen(function* () {
    yield* distrustOtherBoot(home)
    yield* recover(home, mode)
    if (mode === "quiet") return yield* copyPart(folder, home, mode, allOfThem)
    let done: Refreshed | null = null
    // Each part is larger: a volume that changes as fast as a part is copied is mirrored as well.
    for (let bytes = yield* FirstPart; ; bytes *= 2) {
      const part: Part = yield* copyPart(folder, home, mode, bytes)
      done = done === null ? part : added(done, part)
      if (!part.isLast) continue
      yield* remove(partialAt(home))
      return done
    }
  })

const added = (before: Refreshed, part: Refreshed): Refreshed => ({
  ...part,
  copied: before.copied + part.copied,
  removed: before.removed + part.removed,
  written: before.written + part.written
})

interface Part extends Refreshed {
  /** Nothing was left for a later part. */
  readonly isLast: boolean
}

/**
 * Copies what differs, or a part of it. After each part the manifest says what the tree equals, so if the refresh is
 * interrupted, only its last part is copied again.
 *
 * @param bytes of the part, about.
 */
const copyPart = (folder: Folder, home: Held, mode: Mode, bytes: number): Effect.Effect<Part, Trouble> =>
  Effect.gen(function* () {
    const limit = yield* settledBefore(home)
    if (mode === "beside") yield* syncFilesystem(folder.at)
    const manifest = yield* readList(manifestAt(home))
    const [list, pipe] = yield* Effect.all([walk(folder, home, manifest, mode), makePipe], { concurrency: 2 })
    const work = { folder, home, list, limit, mode, pipe }
    // Everything differs, which need not be found out: the lines would be in memory.
    if (manifest === null && bytes === allOfThem) return { ...(yield* copyAll(work)), isLast: true }
    const changes = yield* changesBetween(manifest, list, bytes)
    if (changes === null || (manifest === null && changes.bytes <= bytes)) {
      return { ...(yield* copyAll(work)), isLast: true }
    }
    yield* takeAllLinks(changes, list)
    const isLast = changes.later.offsets.length === 0
    if (manifest === null) {
      yield* emptyTree(home)
      yield* io("write", partialAt(home), () => fs.writeFile(partialAt(home), "", { mode: 0o600 }))
    }
    return { ...(yield* copyChanges(work, manifest ?? nothing, changes)), isLast }
  }).pipe(Effect.scoped)

const nothing: Totals = { entries: 0, bytes: 0 }

const partialAt = (home: Held): string => join(home.at, "partial")

/** Whether the first copy has begun, and has not ended. */
export const isPartial = (home: Held) => exists(partialAt(home))

const walk = (folder: Folder, home: Held, before: List | null, mode: Mode) => {
  const file = join(home.at, "walk")
  return mode === "quiet" ? walkFast(file, folder.at, before?.size ?? 0) : walkInto(file, folder.at, mode)
}

interface Work {
  readonly folder: Folder
  readonly home: Held
  /** Of the source. */
  readonly list: List
  /** Entries that changed at or after this time are marked. */
  readonly limit: number
  readonly mode: Mode
  readonly pipe: string
}

/** After an interrupted refresh, marks in the manifest what the tree does not equal. */
const recover = (home: Held, mode: Mode) =>
  Effect.gen(function* () {
    const pending = pendingAt(home)
    if (!(yield* exists(pending))) return
    const manifest = yield* readList(manifestAt(home))
    if (manifest === null) return
    const touched = new Set<string>()
    yield* forEachRecord(pending, 0, (name) => touched.add(name.toString("latin1")))
    const marked = yield* settle(treeAt(home), manifest, touched, mode)
    yield* complete(manifest, marked, manifest)
    yield* sync(manifest.file)
    yield* syncFilesystem(home.at)
    yield* remove(pending)
  })

const remove = (path: string) => io("remove", path, () => fs.rm(path, { force: true }))

/** Without a manifest, the tree is worth nothing. */
const emptyTree = (home: Held) =>
  Effect.gen(function* () {
    yield* remove(manifestAt(home))
    yield* sync(home.at)
    const tree = treeAt(home)
    yield* removeTree(tree)
    yield* io("make folder", tree, () => fs.mkdir(tree, { mode: 0o700 }))
    return tree
  })

const copyAll = ({ folder, home, limit, list, mode, pipe }: Work) =>
  Effect.gen(function* () {
    const tree = yield* emptyTree(home)
    let longest = ""
    let entries = 0
    let bytes = 0
    const marked = new Set<number>()
    yield* io("read", list.file, () =>
      forEachLine(list.file, list.size, (line) => {
        entries += 1
        bytes += bytesOf(line)
        if (line.path.length > longest.length) longest = line.path
        if (mayChangeUnseen(line, limit)) marked.add(line.at)
      })
    )
    yield* assertFits(folder, longest)
    yield* copyInto(pipe, tree, folder, null, mode)
    if (mode === "beside") for (const at of yield* settle(tree, list, [], mode)) marked.add(at)
    const check = mode === "quiet" ? assertEqual(folder, tree, list) : Effect.void
    const manifest = yield* publish(home, list, marked, { entries, bytes }, check)
    return { entries, bytes, copied: entries, removed: 0, written: bytes, manifest } satisfies Refreshed
  })

const copyChanges = ({ folder, home, limit, list, mode, pipe }: Work, before: Totals, changes: Changes) =>
  Effect.gen(function* () {
    const tree = treeAt(home)
    const { later, now } = changes
    let longest = ""
    for (const path of now.paths()) if (path.length > longest.length) longest = path
    yield* assertFits(folder, longest)
    const totals = {
      entries: before.entries + now.size - changes.before.size + later.entries,
      bytes: before.bytes + sumOf(now) - sumOf(changes.before) + later.bytes
    }
    const removed = namesToRemove(changes)
    const copied = namesToCopy(changes)
    const marked = new Set<number>()
    for (const line of now) if (mayChangeUnseen(line, limit)) marked.add(line.at)
    let written = 0
    let check: Effect.Effect<void, Trouble> = Effect.void
    if (removed.length > 0 || copied.size > 0) {
      const pending = Buffer.from([...removed, ...copied, ""].join("\0"), "latin1")
      const [stray] = yield* Effect.all(
        [withStrayAttributes(home, folder.at, keptFolders(changes), mode), writeFileDurably(pendingAt(home), pending)],
        { concurrency: 2 }
      )
      if (removed.length > 0) yield* removeNames(tree, removed, mode)
      yield* Effect.forEach(stray, (name) => makeAnew(home, name, mode), { discard: true })
      const large = yield* copyLargeFiles(home, folder.at, changes, mode)
      // cp has set the modes of the folders around them.
      yield* letNoneInherit(tree, changes, copied)
      // Folders come before their content: tar makes some symlinks last, and sets the times of known folders after that.
      const small = [...copied].filter((path) => !large.has(path)).sort()
      yield* copyInto(pipe, tree, folder, small, mode)
      for (const line of now) written += large.get(line.path) ?? bytesOf(line)
      if (mode === "quiet") check = assertCopied(folder, tree, list, now)
    }
    if (mode === "beside") {
      for (const at of yield* possibleDetours(home, folder.at, list, now)) marked.add(at)
      // These are many, maybe. `settle` need not look at them then.
      if (later.offsets.length > 0) yield* complete(list, later.offsets, totals)
      for (const at of yield* settle(tree, list, [], mode)) marked.add(at)
    }
    const manifest = yield* publish(home, list, marked, totals, check)
    return { ...totals, copied: copied.size, removed: removed.length, written, manifest } satisfies Refreshed
  })

const sumOf = (lines: Iterable<MirrorLine>): number => {
  let bytes = 0
  for (const line of lines) bytes += bytesOf(line)
  return bytes
}

/** What is gone, and what has another type now. */
const namesToRemove = ({ before, now }: Changes): ReadonlyArray<string> =>
  before.pathsOf(({ path, type }) => now.get(path)?.type !== type)

/** Folders that changed, and stay. */
const keptFolders = ({ before, now }: Changes): ReadonlyArray<string> =>
  now.pathsOf(({ path, type }) => type === "d" && before.get(path)?.type === "d")

/** Folders around what is removed or copied get another mtime by that, and are copied too. */
const namesToCopy = ({ before, now }: Changes): ReadonlySet<string> => {
  const names = new Set(now.paths())
  for (const paths of [now.paths(), before.paths()]) {
    for (const path of paths) {
      const parent = parentOf(path)
      if (parent !== null && (now.has(parent) || !before.has(parent))) names.add(parent)
    }
  }
  return names
}

/**
 * Makes the tree durable, then puts the manifest in place.
 *
 * @param check of the tree. It only reads, so it need not be over before the sync begins.
 * @returns the checksum of the manifest.
 */
const publish = (
  home: Held,
  list: List,
  marked: Iterable<number>,
  totals: Totals,
  check: Effect.Effect<void, Trouble>
) =>
  Effect.gen(function* () {
    yield* complete(list, marked, totals)
    const [, , sum] = yield* Effect.all([check, syncFilesystem(home.at), crc(list.file)], { concurrency: 3 })
    // Interrupted between them, all of it would be copied again.
    yield* Effect.uninterruptible(Effect.andThen(rename(list.file, manifestAt(home)), remove(pendingAt(home))))
    return sum
  })
