/** Removes folders for good, whatever they contain. */
import * as Effect from "effect/Effect"
import { run } from "../process/Tool.ts"
import { removeSubvolumes } from "./btrfs/Removing.ts"
import { SnapshotRefusal } from "./Trouble.ts"

/**
 * Removes a tree for good. GNU rm works with file descriptors: it follows no symlink, even a newly created one, goes
 * deeper than PATH_MAX, and with these options neither crosses into another mount nor removes `/`.
 */
export const removeTree = (path: string) =>
  removeAll(path).pipe(
    Effect.catch((error) =>
      error._tag === "ToolFailed" && subvolume.test(error.stderr)
        ? Effect.andThen(removeSubvolumes(path), removeAll(path))
        : Effect.fail(error)
    )
  )

const removeAll = (path: string) =>
  remove(path).pipe(
    Effect.catch((error) => (unchangeable.test(error.stderr) ? removeUnchangeable(path) : Effect.fail(error)))
  )

/** rm's messages about a subvolume of btrfs: it is another device, and may be read-only. */
const subvolume = /different device|Read-only file system/

const remove = (path: string) =>
  run("rm", ["--recursive", "--force", "--one-file-system", "--preserve-root=all", "--", path])

/** A tool's message about a file that an app marked. */
export const unchangeable = /Operation not permitted/

/** Files that an app marked (`chattr +i`, `+a`) are removed too: the tree is lastgood's, and no longer needed. */
const removeUnchangeable = (path: string) =>
  run("chattr", ["-R", "-f", "-ia", "--", path]).pipe(
    Effect.ignore,
    Effect.andThen(remove(path)),
    Effect.mapError((error) =>
      unchangeable.test(error.stderr)
        ? new SnapshotRefusal({
            reason: `${path} cannot be removed: ${error.said.split("\n", 1)[0]}`,
            next: `check its attributes (\`lsattr -R ${path}\`) and remove it manually; nothing else depends on it`
          })
        : error
    )
  )
