/**
 * Port: the versions that a recipe has, and their files.
 *
 * Contract:
 * - `list` returns every tag that is a version (`domain/Version.ts`), annotated and lightweight alike, with the commit
 *   that it points to. It fetches from the recipe's remote first unless told not to.
 * - `checkout` lays the recipe's files at a commit out in `<app>/releases/<commit>/recipe`, whole or not at all, and
 *   never touches the repository's own work tree or index. Done already: returns at once.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { App, Release } from "../domain/App.ts"
import type { Ref } from "../domain/Ref.ts"

/** A version on offer. `at` is when it was tagged (annotated) or committed (lightweight), epoch milliseconds. */
export interface Offer extends Ref {
  readonly at: number
}

/** The recipe's repository cannot be used: missing, no git repository, no version tags, fetch failed, commit gone. */
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
    /** A tag, branch or commit as a release reference: `version` is the tag, or the short commit where there is none. */
    readonly resolve: (app: App, ref: string) => Effect.Effect<Ref, RecipeUnavailable>
    /**
     * Files of the recipe at `ref.commit`. `envFile`: what to keep as the release's own env file; null keeps none.
     * `into`: in place of the app's folder.
     */
    readonly checkout: (
      app: App,
      ref: Ref,
      envFile: string | null,
      into?: string
    ) => Effect.Effect<Release, RecipeUnavailable>
    /** The same to look at before anything is deployed: the env file that the release has already stays its own. */
    readonly preview: (app: App, ref: Ref, envFile: string | null) => Effect.Effect<Release, RecipeUnavailable>
    /** Is the env file of now the one that the release was deployed with? true where that cannot be told. */
    readonly isEnvCurrent: (app: App, ref: Ref) => Effect.Effect<boolean>
    /** The release that `checkout` laid out earlier, with the env file of that time; null: there is none. */
    readonly existing: (app: App, ref: Ref) => Effect.Effect<Release | null, RecipeUnavailable>
    /** Removes the releases of all others. @returns the commits that were removed. */
    readonly prune: (app: App, keep: ReadonlyArray<Ref>) => Effect.Effect<ReadonlyArray<string>, RecipeUnavailable>
  }
>()("lastgood/version/VersionSource") {}
