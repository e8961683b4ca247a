/** What the manifest of a mirror says of its tree, and whether the tree is like that. */
import * as fs from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { exists } from "../../../disk/Durable.ts"
import { type IoFailed, io } from "../../../disk/io.ts"
import { scratchFolder } from "../../../disk/Scratch.ts"
import type { ToolFailed } from "../../../process/Tool.ts"
import { crc } from "../../Checksums.ts"
import type { Held } from "../../Held.ts"
import type { SnapshotRefusal } from "../../Trouble.ts"
import { differencesOf } from "./Differences.ts"
import { type List, manifestAt, readList } from "./List.ts"
import { walkInto } from "./Walking.ts"

export const treeAt = (home: Held): string => join(home.at, "tree")

/** The names that a refresh changes: it is there only while one is under way, or after it was interrupted. */
export const pendingAt = (home: Held): string => join(home.at, "pending")

/** A path, in latin1, as messages show it. */
export const shown = (path: string): string =>
  JSON.stringify(Buffer.from(path, "latin1").toString("utf8").slice(0, 200))

/**
 * Where the tree is not as its manifest says: names, types, sizes, times, owners, modes, targets of symlinks, hard
 * links; not content. Empty: it is.
 */
export const problemsOf = (home: Held): Effect.Effect<ReadonlyArray<string>, IoFailed | SnapshotRefusal | ToolFailed> =>
  Effect.gen(function* () {
    if (yield* exists(pendingAt(home))) return ["a refresh of the mirror was interrupted"]
    const manifest = yield* readList(manifestAt(home))
    if (manifest === null) return ["the mirror has no manifest"]
    return yield* problemsOfTree(treeAt(home), manifest)
  })

export const problemsOfTree = (tree: string, list: List) =>
  Effect.gen(function* () {
    const found = yield* walkInto(join(yield* scratchFolder, "tree"), tree, "quiet")
    const differences = yield* differencesOf(found, list, "quiet")
    return [...differences].map(([path, { found, listed }]) => {
      const expected = listed === null ? "nothing" : `"${listed}"`
      return `${shown(path)}: found ${found === null ? "nothing" : `"${found}"`}, expected ${expected}`
    })
  }).pipe(Effect.scoped)

/**
 * The manifest of the tree; null: there is none.
 *
 * @returns its checksum (POSIX cksum) and size in bytes, and how many entries it lists.
 */
export const manifestOf = (
  home: Held
): Effect.Effect<
  { readonly crc: string; readonly entries: number; readonly bytes: number } | null,
  IoFailed | ToolFailed
> =>
  Effect.gen(function* () {
    const file = manifestAt(home)
    const list = yield* readList(file)
    if (list === null) return null
    const bytes = yield* io("measure", file, async () => (await fs.stat(file)).size)
    return { crc: yield* crc(file), entries: list.entries, bytes }
  })
