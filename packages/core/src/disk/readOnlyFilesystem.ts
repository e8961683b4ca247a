/** Whether nothing can be written to a folder because of its filesystem, whoever asks: root may write everywhere else. */
import { accessSync, constants } from "node:fs"
import * as Predicate from "effect/Predicate"

export const isReadOnlyFilesystem = (folder: string): boolean => {
  try {
    accessSync(folder, constants.W_OK)
    return false
  } catch (error) {
    return Predicate.hasProperty(error, "code") && error.code === "EROFS"
  }
}
