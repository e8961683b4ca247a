/** Folders that are removed for good, whatever lies in them. */
import * as Effect from "effect/Effect"
import { run } from "../process/Tool.ts"
import { Refusal } from "./Trouble.ts"

/**
 * Removes a tree for good. GNU rm walks with file descriptors: it follows no symlink, also not one put there meanwhile,
 * goes deeper than PATH_MAX, and with these options neither crosses into another mount nor removes `/`.
 */
export const removeTree = (path: string) =>
  remove(path).pipe(
    Effect.catch((error) => (unchangeable.test(error.stderr) ? removeUnchangeable(path) : Effect.fail(error)))
  )

const remove = (path: string) =>
  run("rm", ["--recursive", "--force", "--one-file-system", "--preserve-root=all", "--", path])

/** What a tool says of a file that an app marked. */
export const unchangeable = /Operation not permitted/

/** Files that an app marked (`chattr +i`, `+a`) go too: what is removed here is lastgood's, and its time is over. */
const removeUnchangeable = (path: string) =>
  run("chattr", ["-R", "-f", "-ia", "--", path]).pipe(
    Effect.ignore,
    Effect.andThen(remove(path)),
    Effect.mapError((error) =>
      unchangeable.test(error.stderr)
        ? new Refusal({
            reason: `${path} cannot be removed: ${error.said.split("\n", 1)[0]}`,
            next: `see what forbids it (\`lsattr -R ${path}\`), and remove it by hand; nothing else waits for that`
          })
        : error
    )
  )
