/** Removes entries of a tree by name. */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { scratchFolder } from "../../../disk/Scratch.ts"
import { type Mode, runAt } from "./Mode.ts"
import { writeNames } from "./Names.ts"

/**
 * Removes entries, and what is in them. It is not an error if one does not exist.
 *
 * @param tree nobody else changes it, and no folder on the way to a name is a symlink.
 */
export const removeNames = (tree: string, names: Iterable<string>, mode: Mode) =>
  Effect.gen(function* () {
    const file = join(yield* scratchFolder, "names")
    yield* writeNames(file, names)
    const rm = ["rm", "--recursive", "--force", "--one-file-system", "--preserve-root=all", "--"]
    yield* runAt(mode, "xargs", ["--null", "--no-run-if-empty", `--arg-file=${file}`, "--", ...rm], { cwd: tree })
  }).pipe(Effect.scoped)
