/**
 * The mirror of a volume: a copy of its folder on the same filesystem, which is brought up to date in a time that
 * depends on what changed, not on how much there is. In its own folder (only lastgood can enter it):
 * - `tree`: the copy.
 * - `manifest`: the list of the source that the tree equals. Marked lines are copied again by the next refresh.
 * - `pending`: the names that a refresh changes. It is on disk before the first change and is removed after the manifest
 *   is in place. If it exists, a refresh was interrupted, and the next one does not trust the tree.
 */
import * as fs from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { exists, rename, sync, writeFileDurably } from "../../../disk/Durable.ts"
import { type IoFailed, io } from "../../../disk/io.ts"
import { forEachRecord } from "../../../disk/Records.ts"
import { volumeText } from "../../../domain/folders.ts"
import { syncFilesystem } from "../../../process/syncFilesystem.ts"
import type { ToolFailed } from "../../../process/Tool.ts"
import { crc } from "../../Checksums.ts"
import type { Folder } from "../../Folder.ts"
import type { Held } from "../../Held.ts"
import { longestPath, refuseLength } from "../../PathLength.ts"
import { removeTree } from "../../removeTree.ts"
import { SnapshotRefusal } from "../../Trouble.ts"
import { distrustOtherBoot } from "./Boot.ts"
import { type Changes, changesBetween } from "./Changes.ts"
import { copyInto, makePipe } from "./Copying.ts"
import { possibleDetours } from "./Detours.ts"
import { copyLargeFiles } from "./LargeFiles.ts"
import { forEachLine, type MirrorLine, parentOf } from "./Line.ts"
import { complete, type List, manifestAt, readList, type Totals } from "./List.ts"
import { pendingAt, problemsOfTree, shown, treeAt } from "./Manifest.ts"
import type { Mode } from "./Mode.ts"
import { mayChangeUnseen, settledBefore } from "./Racy.ts"
import { removeNames } from "./Removing.ts"
import { settle } from "./Settle.ts"
import { makeAnew, withStrayAttributes } from "./StrayAttributes.ts"
import { differingCopies } from "./Touched.ts"
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
    const limit = yield* settledBefore(home)
    if (mode === "beside") yield* syncFilesystem(folder.at)
    const manifest = yield* readList(manifestAt(home))
    const [list, pipe] = yield* Effect.all([walk(folder, home, manifest, mode), makePipe], { concurrency: 2 })
    const changes = manifest === null ? null : yield* changesBetween(manifest, list)
    const work = { folder, home, list, limit, mode, pipe }
    return manifest === null || changes === null ? yield* copyAll(work) : yield* copyChanges(work, manifest, changes)
  }).pipe(Effect.scoped)

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

const copyAll = ({ folder, home, limit, list, mode, pipe }: Work) =>
  Effect.gen(function* () {
    // Without a manifest, the tree is worth nothing.
    yield* remove(manifestAt(home))
    yield* sync(home.at)
    const tree = treeAt(home)
    yield* removeTree(tree)
    yield* io("make folder", tree, () => fs.mkdir(tree, { mode: 0o700 }))
    let longest = ""
    let entries = 0
    let bytes = 0
    const marked = new Set<number>()
    yield* io("read", list.file, () =>
      forEachLine(list.file, list.size, (line) => {
        entries += 1
        bytes += sizeOf(line)
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
    const { now } = changes
    let longest = ""
    for (const path of now.paths()) if (path.length > longest.length) longest = path
    yield* assertFits(folder, longest)
    const totals = {
      entries: before.entries + now.size - changes.before.size,
      bytes: before.bytes + bytesOf(now) - bytesOf(changes.before)
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
      const small = [...copied].filter((path) => !large.has(path))
      yield* copyInto(pipe, tree, folder, small, mode)
      for (const line of now) written += large.get(line.path) ?? sizeOf(line)
      if (mode === "quiet") check = assertCopied(folder, tree, list, now)
    }
    if (mode === "beside") {
      for (const at of yield* possibleDetours(home, folder.at, list, now)) marked.add(at)
      for (const at of yield* settle(tree, list, [], mode)) marked.add(at)
    }
    const manifest = yield* publish(home, list, marked, totals, check)
    return { ...totals, copied: copied.size, removed: removed.length, written, manifest } satisfies Refreshed
  })

const sizeOf = ({ size, type }: MirrorLine): number => (type === "f" ? size : 0)

const bytesOf = (lines: Iterable<MirrorLine>): number => {
  let bytes = 0
  for (const line of lines) bytes += sizeOf(line)
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

/** GNU tar cannot unpack longer paths. */
const assertFits = (folder: Folder, path: string) =>
  path.length - 2 > longestPath ? Effect.fail(refuseLength(folder, Buffer.from(path.slice(2), "latin1"))) : Effect.void

const notEqual = (folder: Folder, what: string) =>
  new SnapshotRefusal({
    reason: `${volumeText(folder.volume.name)}: the copy differs from the volume, expected no writes: ${what}`,
    next: "find what still writes to the volume, then try again"
  })

const assertEqual = (folder: Folder, tree: string, list: List) =>
  Effect.gen(function* () {
    const problems = yield* problemsOfTree(tree, list)
    if (problems.length > 0) return yield* notEqual(folder, problems.slice(0, 3).join("; "))
  })

const assertCopied = (folder: Folder, tree: string, list: List, lines: Iterable<MirrorLine>) =>
  Effect.gen(function* () {
    const { differing, hasOtherLinks } = yield* differingCopies(tree, lines)
    if (differing.length > 0) return yield* notEqual(folder, differing.slice(0, 3).map(shown).join(", "))
    if (hasOtherLinks) yield* assertEqual(folder, tree, list)
  })

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
    yield* rename(list.file, manifestAt(home))
    yield* remove(pendingAt(home))
    return sum
  })
