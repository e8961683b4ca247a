/**
 * Unpacks files and folders of an archive into an empty folder, for people: with owners, modes and xattrs as in the snapshot,
 * and never outside of that folder (LAW-13). GNU tar unpacks, after the same check of the archive as before a restore.
 */
import * as fs from "node:fs/promises"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import { io } from "../disk/io.ts"
import { scratchFolder } from "../disk/Scratch.ts"
import { extractMembers } from "./Archive.ts"
import { NotAFile } from "./ArchivedFile.ts"
import { type ArchiveEntry, partsOf, plainName } from "./ArchiveEntry.ts"
import { indexAnew, NotIndexable, readIndex } from "./Index.ts"
import { listProblems } from "./Listing.ts"
import type { IndexedArchive } from "./Members.ts"
import { SnapshotRefusal } from "./Trouble.ts"

const isIn = (folder: string, name: string): boolean =>
  folder === "" || name === folder || name.startsWith(`${folder}/`)

/** What tar is told to unpack, and what of it was not asked for. */
interface Selection {
  /** As the archive has them, in bytes as latin1. */
  readonly names: ReadonlyArray<string>
  /** Files that hard links among the asked ones name: tar cannot make such a link without them. */
  readonly extras: ReadonlyArray<string>
  readonly missing: ReadonlyArray<string>
}

/** Two passes over the entries of an archive: first all of them to `see`, then all to `complete`. */
const makeSelection = (asked: ReadonlyArray<string>) => {
  const wanted = asked.map(plainName)
  const whole = new Map<string, string>()
  const parts = new Map<string, Array<string>>()
  const targets = new Set<string>()
  const partsFor = (one: string): Array<string> => {
    const known = parts.get(one) ?? []
    parts.set(one, known)
    return known
  }
  const isWanted = (name: string): boolean => wanted.some((one) => isIn(one, name))
  const see = ({ kind, name, target }: ArchiveEntry): void => {
    const plain = plainName(name)
    for (const one of wanted) {
      if (plain === one) whole.set(one, name)
      else if (isIn(one, plain) && !whole.has(one)) partsFor(one).push(name)
    }
    if (kind === "hardlink" && target !== null && isWanted(plain) && !isWanted(plainName(target))) targets.add(target)
  }
  const selection = (): Selection => ({
    names: [...wanted.flatMap((one) => whole.get(one) ?? parts.get(one) ?? []), ...targets],
    extras: [...targets],
    missing: asked.filter((_, i) => !whole.has(wanted[i] ?? "") && !parts.has(wanted[i] ?? ""))
  })
  return { see, selection, isWanted }
}

/** From the index, or from one that is made for this. */
const select = (archive: IndexedArchive, asked: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const { isWanted, see, selection } = makeSelection(asked)
    if (yield* readIndex(archive.index, archive, see)) return { ...selection(), isWanted }
    const anew = makeSelection(asked)
    const isWhole = yield* readIndex(yield* indexAnew(archive.path, archive), archive, anew.see)
    return isWhole ? { ...anew.selection(), isWanted } : yield* new NotIndexable({ file: archive.path })
  }).pipe(Effect.scoped)

/** Removes a file that only a hard link needed, and the folders that were made for it. */
const removeExtra = (folder: string, extra: string, isWanted: (name: string) => boolean) =>
  io("remove", folder, async () => {
    const at = (name: string) => Buffer.from(join(folder, name), "latin1")
    await fs.unlink(at(plainName(extra)))
    for (let above = dirname(plainName(extra)); above !== "." && !isWanted(above); above = dirname(above)) {
      const isEmpty = await fs.rmdir(at(above)).then(
        () => true,
        () => false
      )
      if (!isEmpty) return
    }
  })

/**
 * @param asked names in the archive, in bytes as latin1; `""`: everything.
 * @param folder an empty folder of the operator, which nobody else can write to.
 */
export const extractTo = (archive: IndexedArchive, asked: ReadonlyArray<string>, folder: string) =>
  Effect.gen(function* () {
    const problems = yield* listProblems(archive.path, { skips: true })
    if (problems.length > 0) {
      return yield* new SnapshotRefusal({
        reason: `${archive.path}: ${problems.join("; ")}`,
        next: "do not use this snapshot: extract from another one"
      })
    }
    const { extras, isWanted, missing, names } = yield* select(archive, asked)
    const [first] = missing
    if (first !== undefined) return yield* new NotAFile({ path: first, is: null, target: null })
    const list = join(yield* scratchFolder, "names")
    yield* io("write", list, () =>
      fs.writeFile(list, Buffer.from(names.map((name) => `${withoutSlash(name)}\0`).join(""), "latin1"), {
        mode: 0o600
      })
    )
    yield* extractMembers(archive.path, folder, list)
    yield* Effect.forEach(extras, (extra) => removeExtra(folder, extra, isWanted), { discard: true })
  }).pipe(Effect.scoped)

/** `./` stays: it is the root of the volume. */
const withoutSlash = (name: string): string => (partsOf(name).length === 0 ? "./" : name.replace(/\/+$/, ""))
