/**
 * A mirror's tree: a copy of a volume's folder on the same mount, and the manifest that says what it holds. This engine
 * copies everything anew at each refresh. Its files in the mirror's folder:
 *
 *   tree       the copy
 *   manifest   one record for each path of it. Without a manifest the tree counts as nothing
 */
import * as fs from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { exists, rename, sync } from "../../disk/Durable.ts"
import { io } from "../../disk/io.ts"
import { syncFilesystem } from "../../process/syncFilesystem.ts"
import { run } from "../../process/Tool.ts"
import { createArchive, extractArchive } from "../Archive.ts"
import { crc } from "../Checksums.ts"
import { type Folder, pruneOwn } from "../Folder.ts"
import { type Held, makeOwn } from "../Held.ts"
import { removeTree } from "../removeTree.ts"
import { recordsOf } from "../Scratch.ts"
import type { SnapshotTrouble } from "../Trouble.ts"

export interface Refreshed {
  readonly entries: number
  /** Of all files. */
  readonly bytes: number
  /** Entries that were copied. */
  readonly copied: number
  readonly removed: number
  /** In bytes. */
  readonly written: number
}

const everything = { include: [], exclude: [] }

/** Type, mode, owner, mtime in nanoseconds, size, inode, link target, path. */
const format = "%y %m %U:%G %T@ %s %i %l\\0%P\\0"

const walkTo = (folder: Pick<Held, "at">, prune: ReadonlyArray<string>, file: string) =>
  run("find", [".", "-ignore_readdir_race", ...prune, "!", "-type", "s", "-fprintf", file, format], { cwd: folder.at })

/** What a record says that holds for any copy: inodes become the first name of their file. */
const linesOf = async (file: string): Promise<ReadonlyArray<string>> => {
  const parts: Array<string> = []
  for await (const records of recordsOf(file, 0)) parts.push(...records.map((record) => record.toString("latin1")))
  const entries: Array<{ readonly path: string; readonly inode: string; readonly text: string }> = []
  for (let i = 0; i + 1 < parts.length; i += 2) {
    const path = parts[i + 1] ?? ""
    const [type = "", mode = "", owner = "", time = "", size = "", inode = "", ...target] = (parts[i] ?? "").split(" ")
    const text = [type, mode, owner, time, type === "f" ? size : "", target.join(" ")].join(" ")
    entries.push({ path, inode: type === "d" ? path : inode, text })
  }
  entries.sort((a, b) => (a.path < b.path ? -1 : 1))
  const first = new Map<string, string>()
  for (const { inode, path } of entries) if (!first.has(inode)) first.set(inode, path)
  return entries.map(({ inode, path, text }) => `${JSON.stringify(path)}: ${text} (${first.get(inode)})`)
}

const bytesOf = (lines: ReadonlyArray<string>): number =>
  lines.reduce((sum, line) => sum + Number(/: f \S+ \S+ \S+ (\d+) /.exec(line)?.[1] ?? 0), 0)

const remove = (home: Held, name: string) =>
  io("remove", join(home.path, name), () => fs.rm(join(home.at, name), { force: true }))

/**
 * Brings the tree up to date with a folder.
 *
 * @param mode `beside`: the app runs, and what it changes meanwhile is left for later. `quiet`: nothing writes, and the
 *   tree is on disk when this returns.
 */
export const refresh = (
  folder: Folder,
  home: Held,
  mode: "beside" | "quiet"
): Effect.Effect<Refreshed, SnapshotTrouble> =>
  Effect.gen(function* () {
    const [copy, made] = [join(home.at, "copy.tar"), join(home.at, "manifest.new")]
    yield* remove(home, "manifest")
    yield* sync(home.at)
    yield* removeTree(join(home.at, "tree"))
    const tree = yield* makeOwn(home, ["tree"])
    const archived = createArchive(folder, everything, copy)
    yield* mode === "quiet" ? archived : Effect.catchTag(archived, "SnapshotRefusal", () => Effect.void)
    yield* extractArchive(copy, tree.at)
    yield* remove(home, "copy.tar")
    yield* walkTo(mode === "quiet" ? folder : tree, pruneOwn(folder), made)
    yield* syncFilesystem(home.at)
    yield* rename(made, join(home.at, "manifest"))
    const lines = yield* io("read", home.path, () => linesOf(join(home.at, "manifest")))
    const bytes = bytesOf(lines)
    return { entries: lines.length, bytes, copied: lines.length, removed: 0, written: bytes }
  }).pipe(Effect.scoped)

/** What of the tree is not as its manifest says; empty: all is. */
export const problemsOf = (home: Held): Effect.Effect<ReadonlyArray<string>, SnapshotTrouble> =>
  Effect.gen(function* () {
    const seen = join(home.at, "seen")
    if (!(yield* exists(join(home.at, "manifest")))) return ["manifest: missing"]
    if (!(yield* exists(join(home.at, "tree")))) return ["tree: missing"]
    yield* walkTo({ at: join(home.at, "tree") }, [], seen)
    const [expected, found] = yield* io("read", home.path, () =>
      Promise.all([linesOf(join(home.at, "manifest")), linesOf(seen)])
    )
    yield* remove(home, "seen")
    const [there, said] = [new Set(found), new Set(expected)]
    return [
      ...expected.filter((line) => !there.has(line)).map((line) => `expected ${line}`),
      ...found.filter((line) => !said.has(line)).map((line) => `found ${line}`)
    ].slice(0, 5)
  })

/** Size and checksum of the manifest; null: there is none. */
export const manifestOf = (
  home: Held
): Effect.Effect<{ readonly crc: string; readonly entries: number; readonly bytes: number } | null, SnapshotTrouble> =>
  Effect.gen(function* () {
    const manifest = join(home.at, "manifest")
    if (!(yield* exists(manifest))) return null
    const { size } = yield* io("stat", manifest, () => fs.stat(manifest))
    const lines = yield* io("read", manifest, () => linesOf(manifest))
    return { crc: yield* crc(manifest), entries: lines.length, bytes: size }
  })
