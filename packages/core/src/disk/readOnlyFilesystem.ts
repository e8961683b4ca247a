/** Whether nothing can be written to a folder because of its filesystem, whoever asks: root may write everywhere else. */
import { randomUUID } from "node:crypto"
import { rmdirSync } from "node:fs"
import { join } from "node:path"
import * as Predicate from "effect/Predicate"

/**
 * Linux refuses to remove a folder that is not there with EROFS before it looks for it, and with ENOENT on a filesystem that
 * can be written. (access(2) would say it too; Deno's `accessSync` does not ask it.)
 */
export const isReadOnlyFilesystem = (folder: string): boolean => {
  try {
    rmdirSync(join(folder, `.lastgood-${randomUUID()}`))
    return false
  } catch (error) {
    return Predicate.hasProperty(error, "code") && error.code === "EROFS"
  }
}
