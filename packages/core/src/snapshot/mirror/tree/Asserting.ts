/** What a copy must be, or the refresh fails. */
import * as Effect from "effect/Effect"
import { volumeText } from "../../../domain/folders.ts"
import type { Folder } from "../../Folder.ts"
import { longestPath, refuseLength } from "../../PathLength.ts"
import { SnapshotRefusal } from "../../Trouble.ts"
import type { MirrorLine } from "./Line.ts"
import type { List } from "./List.ts"
import { problemsOfTree, shown } from "./Manifest.ts"
import { differingCopies } from "./Touched.ts"

/** GNU tar cannot unpack longer paths. */
export const assertFits = (folder: Folder, path: string) =>
  path.length - 2 > longestPath ? Effect.fail(refuseLength(folder, Buffer.from(path.slice(2), "latin1"))) : Effect.void

const notEqual = (folder: Folder, what: string) =>
  new SnapshotRefusal({
    reason: `${volumeText(folder.volume.name)}: the copy differs from the volume, expected no writes: ${what}`,
    next: "find what still writes to the volume, then try again"
  })

export const assertEqual = (folder: Folder, tree: string, list: List) =>
  Effect.gen(function* () {
    const problems = yield* problemsOfTree(tree, list)
    if (problems.length > 0) return yield* notEqual(folder, problems.slice(0, 3).join("; "))
  })

export const assertCopied = (folder: Folder, tree: string, list: List, lines: Iterable<MirrorLine>) =>
  Effect.gen(function* () {
    const { differing, hasOtherLinks } = yield* differingCopies(tree, lines)
    if (differing.length > 0) return yield* notEqual(folder, differing.slice(0, 3).map(shown).join(", "))
    if (hasOtherLinks) yield* assertEqual(folder, tree, list)
  })
