/** Whether the filesystem of a folder is read-only, for every user. Root may write anywhere else. */
import { randomUUID } from "node:crypto"
import { rmdirSync } from "node:fs"
import { join } from "node:path"
import * as Predicate from "effect/Predicate"

/**
 * For a folder that does not exist, rmdir(2) fails with EROFS on a read-only filesystem and with ENOENT on any other.
 * (access(2) would tell too, but Deno's `accessSync` does not call it.)
 */
export const isReadOnlyFilesystem = (folder: string): boolean => {
  try {
    rmdirSync(join(folder, `.lastgood-${randomUUID()}`))
    return false
  } catch (error) {
    return Predicate.hasProperty(error, "code") && error.code === "EROFS"
  }
}
