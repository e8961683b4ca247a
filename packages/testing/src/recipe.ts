/** A recipe: a git repository whose tags are the versions of an app. */
import * as Effect from "effect/Effect"
import { git } from "./git.ts"

/** Makes a repository of a folder, without what the machine puts into new ones. */
export const initRecipe = (folder: string) => git(folder, "init", "--quiet", "--initial-branch=main", "--template=")

/** Commits and tags everything in the folder, which may be as it was. */
export const tagRecipe = Effect.fnUntraced(function* (folder: string, version: string) {
  yield* git(folder, "add", "--all")
  yield* git(folder, "commit", "--quiet", "--allow-empty", "--message", version)
  yield* git(folder, "tag", version)
})
