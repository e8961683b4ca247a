/**
 * Port: the versions that a recipe has, and their files. One adapter per kind of `versions:`; one conformance suite over
 * all (`test/conformance/VersionSourceSuite.ts`).
 *
 * Contract:
 * - A version is named so that `domain/Version.ts` orders it, and is the same content as long as its commit is the same:
 *   a git commit, or a SHA-256 over files and image digests.
 * - `list` returns what is on offer, what runs among it as far as it is still there. It asks the recipe's remote or the
 *   registries first unless told not to.
 * - `checkout` lays the recipe's files at a commit out in `<app>/releases/<commit>/recipe`, whole or not at all, and
 *   never touches the recipe itself. Done already: returns at once, also when the remote or the registry is away, and
 *   when the tag has moved or is gone.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { App, Release } from "../domain/App.ts"
import type { Project } from "../domain/Project.ts"
import type { Ref } from "../domain/Ref.ts"

/** A version on offer. `at`: when it was tagged, committed or (images) made, epoch milliseconds; 0: nobody knows. */
export interface Offer extends Ref {
  readonly at: number
}

/** What a source is told of the app when it is asked for versions. */
export interface Looking {
  /** false: nobody else is asked, only what is known here counts. */
  readonly fetch: boolean
  /** What runs, or what the data was last used by; null: nothing yet. */
  readonly running: Ref | null
  readonly project: (release: Release) => Effect.Effect<Project, RecipeUnavailable>
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
    readonly list: (app: App, looking: Looking) => Effect.Effect<ReadonlyArray<Offer>, RecipeUnavailable>
    /** The version that somebody names, also where `list` would not offer it; null: there is none. */
    readonly find: (app: App, name: string, looking: Looking) => Effect.Effect<Offer | null, RecipeUnavailable>
    /** A tag, branch, commit or image to be tried: `version` is the short commit where it has no name of its own. */
    readonly resolve: (app: App, ref: string, looking: Looking) => Effect.Effect<Ref, RecipeUnavailable>
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
