/**
 * Port: the versions of a recipe, and their files.
 *
 * Contract:
 * - `list` returns every tag that is a version (`domain/Version.ts`), annotated and lightweight alike, with the commit
 *   that it points to. It fetches from the recipe's remote first unless told not to.
 * - `checkout` writes the recipe's files at a commit to `<app>/releases/<commit>/recipe`, completely or not at all, and
 *   never touches the repository's own work tree or index. If they exist, it returns at once.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { App, Release } from "../domain/App.ts"
import type { Ref } from "../domain/Ref.ts"

/** An available version. `at` is when it was tagged (annotated) or committed (lightweight), epoch milliseconds. */
export interface Offer extends Ref {
  readonly at: number
}

/**
 * The recipe's repository cannot be used: missing, not a git repository, no version tags, fetch failed, commit missing.
 */
export class RecipeUnavailable extends Schema.TaggedError<RecipeUnavailable>()("RecipeUnavailable", {
  recipe: Schema.String,
  reason: Schema.String,
  next: Schema.String
}) {
  override get message() {
    return `recipe ${this.recipe}: ${this.reason}`
  }
}

export class VersionSource extends Context.Service<
  VersionSource,
  {
    /** In ascending order of version. */
    readonly list: (
      app: App,
      options: { readonly fetch: boolean }
    ) => Effect.Effect<ReadonlyArray<Offer>, RecipeUnavailable>
    /** A tag, branch or commit as a release reference: `version` is the tag, or the short commit if there is none. */
    readonly resolve: (app: App, ref: string) => Effect.Effect<Ref, RecipeUnavailable>
    /**
     * Files of the recipe at `ref.commit`.
     *
     * @param envFile copied as the release's own env file; null: none.
     * @param into replaces the app's folder.
     */
    readonly checkout: (
      app: App,
      ref: Ref,
      envFile: string | null,
      into?: string
    ) => Effect.Effect<Release, RecipeUnavailable>
    /** The same, to inspect a release before it is deployed: an existing env file of the release is kept. */
    readonly preview: (app: App, ref: Ref, envFile: string | null) => Effect.Effect<Release, RecipeUnavailable>
    /** Whether the current env file is the one that the release was deployed with. true if this is not known. */
    readonly isEnvCurrent: (app: App, ref: Ref) => Effect.Effect<boolean>
    /** The release that `checkout` wrote earlier, with its env file; null: there is none. */
    readonly existing: (app: App, ref: Ref) => Effect.Effect<Release | null, RecipeUnavailable>
    /**
     * Removes the releases of all others.
     *
     * @returns the removed commits.
     */
    readonly prune: (app: App, keep: ReadonlyArray<Ref>) => Effect.Effect<ReadonlyArray<string>, RecipeUnavailable>
  }
>()("lastgood/version/VersionSource") {}
