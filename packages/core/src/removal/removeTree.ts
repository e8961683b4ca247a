/** Removes folders for good, whatever they contain. */
import * as Effect from "effect/Effect"
import type { IoFailed } from "../disk/io.ts"
import { run, type ToolFailed } from "../process/Tool.ts"
import { CannotRemove } from "./CannotRemove.ts"
import { removeSubvolumes } from "./removeSubvolumes.ts"

type Trouble = CannotRemove | IoFailed | ToolFailed

/**
 * Removes a tree for good. GNU rm works with file descriptors: it follows no symlink, even a newly created one, goes
 * deeper than PATH_MAX, and with these options neither crosses into another mount nor removes `/`. Fails at a file that
 * its user marked (`chattr +i`, `+a`).
 */
export const removeUnmarked = (path: string): Effect.Effect<void, Trouble> =>
  remove(path).pipe(
    Effect.catchTag("ToolFailed", (error) =>
      subvolume.test(error.stderr) ? Effect.andThen(removeSubvolumes(path), remove(path)) : Effect.fail(error)
    )
  )

/** Removes marked files too: the tree is lastgood's, and no longer needed. */
export const removeTree = (path: string): Effect.Effect<void, Trouble> =>
  removeUnmarked(path).pipe(
    Effect.catchTag("ToolFailed", (error) =>
      unchangeable.test(error.stderr) ? unmarkAndRemove(path) : Effect.fail(error)
    )
  )

const remove = (path: string) =>
  Effect.asVoid(run("rm", ["--recursive", "--force", "--one-file-system", "--preserve-root=all", "--", path]))

/** rm's messages about a subvolume of btrfs: it is another device, and may be read-only. */
const subvolume = /different device|Read-only file system/

/** A tool's message about a file that an app marked. */
export const unchangeable = /Operation not permitted/

const unmarkAndRemove = (path: string) =>
  run("chattr", ["-R", "-f", "-ia", "--", path]).pipe(
    Effect.ignore,
    Effect.andThen(removeUnmarked(path)),
    Effect.mapError((error) =>
      error._tag === "ToolFailed" && unchangeable.test(error.stderr)
        ? new CannotRemove({
            reason: `${path} cannot be removed: ${error.said.split("\n", 1)[0]}`,
            next: `check its attributes (\`lsattr -R ${path}\`) and remove it manually; nothing else depends on it`
          })
        : error
    )
  )
