/**
 * Port: the versions of a recipe, and their files. One adapter per kind of `versions:`; one conformance suite over all
 * (`test/conformance/VersionSourceSuite.ts`).
 *
 * Contract:
 * - `domain/Version.ts` can order the names of versions. The same commit is always the same content: a git commit, or a
 *   SHA-256 over files and image digests.
 * - `list` returns the available versions, with the one that runs among them if it still exists. It asks the recipe's
 *   remote or the registries first unless told not to.
 * - `checkout` writes the recipe's files at a commit to `<app>/releases/<commit>/recipe`, completely or not at all, and
 *   never touches the recipe itself. If they exist, it returns at once, also if the remote or the registry does not
 *   answer, and if the tag was moved or deleted.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { App, OperatorFile, Release } from "../domain/App.ts"
import type { Project } from "../domain/Project.ts"
import type { Ref } from "../domain/Ref.ts"

/** An available version. `at`: when it was tagged, committed or (images) built, epoch milliseconds; 0: unknown. */
export interface Offer extends Ref {
  readonly at: number
}

/** What a source is told about the app when it is asked for versions. */
export interface Looking {
  /** false: only what is known on this host counts. */
  readonly fetch: boolean
  /** The version that runs, or that last used the data; null: none. */
  readonly running: Ref | null
  readonly project: (release: Release) => Effect.Effect<Project, RecipeUnavailable>
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
    readonly list: (app: App, looking: Looking) => Effect.Effect<ReadonlyArray<Offer>, RecipeUnavailable>
    /** A version by its name, also one that `list` does not return; null: there is none. */
    readonly find: (app: App, name: string, looking: Looking) => Effect.Effect<Offer | null, RecipeUnavailable>
    /** A tag, branch, commit or image to try: `version` is the short commit if it has no name. */
    readonly resolve: (app: App, ref: string, looking: Looking) => Effect.Effect<Ref, RecipeUnavailable>
    /**
     * The running version of an app that lastgood did not deploy; null: its images do not tell it.
     *
     * @param images by service, with their digests.
     */
    readonly asRuns: (
      app: App,
      looking: Looking,
      images: ReadonlyMap<string, string>
    ) => Effect.Effect<Offer | null, RecipeUnavailable>
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
    /** Keeps copies of the operator's files with a release, in place of earlier ones. */
    readonly keepFiles: (
      app: App,
      release: Release,
      files: ReadonlyArray<OperatorFile>
    ) => Effect.Effect<Release, RecipeUnavailable>
    /**
     * Whether the current env file, and the other files of the operator, are those that the release was deployed with.
     * true if this is not known.
     */
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
