/** The repository of a recipe, and its commits by name. */
import * as Effect from "effect/Effect"
import type { App } from "../domain/App.ts"
import { fetchTags, locate, type Repository, unavailable } from "./git.ts"
import { mirrorOf } from "./mirror.ts"
import { peel } from "./tags.ts"
import { type Looking, RecipeUnavailable } from "./VersionSource.ts"

/** The current repository of the recipe, with settings that lastgood controls (LAW-17). */
export const repositoryOf = Effect.fnUntraced(function* (
  app: App,
  options: Pick<Looking, "fetch">,
  /** The repository, if the recipe is a folder in it. */
  at = app.recipe
) {
  const found = yield* locate(at)
  if (found.owner !== null) return yield* mirrorOf(app, found, found.owner, options)
  if (options.fetch) yield* fetchTags(found)
  return found
})

export const commitOf = Effect.fnUntraced(function* (repository: Repository, ref: string) {
  const unknown = {
    recipe: repository.of ?? repository.path,
    reason: `${JSON.stringify(ref)} is not a tag, branch or commit of it`,
    next: "list the names (git tag, git branch --all), or fetch it first (git fetch --tags)"
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: no control character belongs in a name, NUL cannot be passed.
  if (ref === "" || /[\x00-\x1f\x7f]/.test(ref)) return yield* new RecipeUnavailable(unknown)
  const failed = unavailable(unknown.recipe, unknown.reason, unknown.next)
  const commit =
    (yield* Effect.mapError(peel(repository, ref), failed)) ??
    (yield* Effect.mapError(peel(repository, `refs/remotes/origin/${ref}`), failed))
  return commit ?? (yield* new RecipeUnavailable(unknown))
})
