/** Adapter: the versions of a recipe are the tags of its git repository. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { kindAt } from "../disk/kindAt.ts"
import { readSmallFile } from "../disk/readSmallFile.ts"
import type { App } from "../domain/App.ts"
import type { Ref } from "../domain/Ref.ts"
import { traitsOf } from "../domain/RuntimeKind.ts"
import { fetchTags, isCommit, locate, type Repository, unavailable } from "./git.ts"
import { mirrorOf } from "./mirror.ts"
import { prune } from "./prune.ts"
import { pathsOf } from "./releaseLayout.ts"
import { keepEnv, layOut } from "./releases.ts"
import { allTags, peel, versionsAmong } from "./tags.ts"
import { assertDeployable } from "./tree.ts"
import { RecipeUnavailable, VersionSource } from "./VersionSource.ts"

/** The current repository of the recipe, with settings that lastgood controls (LAW-17). */
const repositoryOf = Effect.fnUntraced(function* (app: App, options: { readonly fetch: boolean }) {
  const found = yield* locate(app.recipe)
  if (found.owner !== null) return yield* mirrorOf(app, found, found.owner, options)
  if (options.fetch) yield* fetchTags(found)
  return found
})

const noVersions = ([first, ...rest]: ReadonlyArray<string>): string => {
  if (first === undefined) return "it has no tags"
  return rest.length === 0
    ? `its only tag, ${first}, is not a version such as 1.0.0+2.3.4`
    : `none of its ${rest.length + 1} tags, such as ${first}, is a version such as 1.0.0+2.3.4`
}

const list = Effect.fn("GitVersions.list")(function* (app: App, options: { readonly fetch: boolean }) {
  const repository = yield* repositoryOf(app, options)
  const tags = yield* allTags(repository)
  const versions = versionsAmong(tags)
  if (versions.length > 0) return versions
  return yield* new RecipeUnavailable({
    recipe: app.recipe,
    reason: noVersions(tags.map(({ version }) => version)),
    next: "tag a version (git tag 1.0.0+2.3.4), or fetch the tags of the remote (git fetch --tags)"
  })
}, Effect.scoped)

/**
 * A tag that is not a version may contain anything. It is used as a version only if it is safe in a label or a name.
 */
const isHarmless = (tag: string): boolean => /^[0-9A-Za-z][0-9A-Za-z._+-]{0,127}$/.test(tag)

const shortCommit = (commit: string): string => commit.slice(0, 12)

/** A tag takes precedence over a branch of the same name. A branch that exists only on the remote is found too. */
const resolve = Effect.fn("GitVersions.resolve")(function* (app: App, ref: string) {
  const repository = yield* repositoryOf(app, { fetch: false })
  const tags = yield* allTags(repository)
  const tag = tags.find(({ version }) => version === ref)
  if (tag !== undefined) {
    const { version, commit } = tag
    return { version: isHarmless(version) ? version : shortCommit(commit), commit }
  }
  const commit = yield* commitOf(repository, ref)
  const version = versionsAmong(tags).findLast((offer) => offer.commit === commit)?.version
  return { version: version ?? shortCommit(commit), commit }
}, Effect.scoped)

const commitOf = Effect.fnUntraced(function* (repository: Repository, ref: string) {
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

/** @param into replaces the app's folder. */
const laidOut = Effect.fnUntraced(function* (app: App, ref: Ref, into?: string) {
  const place = into === undefined ? app : { ...app, dir: into }
  const paths = pathsOf(place, ref)
  if (!isCommit(ref.commit)) {
    return yield* new RecipeUnavailable({
      recipe: app.recipe,
      reason: `${JSON.stringify(ref.commit)} is not a commit: expected 40 (or 64) hexadecimal digits`,
      next: "choose a version of the recipe"
    })
  }
  if ((yield* kindAt(paths.recipe)) !== "folder") {
    const repository = yield* repositoryOf(app, { fetch: false })
    yield* assertDeployable(repository, ref.version, ref.commit)
    yield* layOut(place, repository, ref)
  }
  return { place, paths }
}, Effect.scoped)

const checkout = Effect.fn("GitVersions.checkout")(function* (
  app: App,
  ref: Ref,
  envFile: string | null,
  into?: string
) {
  const { paths, place } = yield* laidOut(app, ref, into)
  const kept = yield* keepEnv(place, paths.env, envFile)
  yield* keepEnv(place, paths.nextEnv, null)
  return { ...ref, dir: paths.recipe, envFile: kept }
})

const preview = Effect.fn("GitVersions.preview")(function* (app: App, ref: Ref, envFile: string | null) {
  const { paths } = yield* laidOut(app, ref)
  return { ...ref, dir: paths.recipe, envFile: yield* keepEnv(app, paths.nextEnv, envFile) }
})

/** Changes that a runtime's tool makes in the operator's file are not changes of the operator. */
const withoutOwnLines = (app: App, bytes: Uint8Array): string => {
  const text = Buffer.from(bytes).toString("latin1")
  const { ownEnvLines } = traitsOf(app)
  return ownEnvLines === null ? text : text.replace(ownEnvLines, "")
}

const isEnvCurrent = Effect.fn("GitVersions.isEnvCurrent")(function* (app: App, ref: Ref) {
  const release = yield* Effect.orElseSucceed(existing(app, ref), () => null)
  // A release that was only inspected was not deployed by this root.
  if (release === null || (release.envFile === null && app.envFile !== null)) return true
  const content = (path: string | null) =>
    path === null ? Effect.succeed("") : Effect.map(readSmallFile(path), (bytes) => withoutOwnLines(app, bytes))
  return yield* Effect.zipWith(content(release.envFile), content(app.envFile), (kept, now) => kept === now).pipe(
    // An unreadable file is reported where it is needed.
    Effect.orElseSucceed(() => true)
  )
})

const existing = Effect.fn("GitVersions.existing")(function* (app: App, ref: Ref) {
  const { recipe, env } = pathsOf(app, ref)
  if (!isCommit(ref.commit) || (yield* kindAt(recipe)) !== "folder") return null
  return { ...ref, dir: recipe, envFile: (yield* kindAt(env)) === "file" ? env : null }
})

export const layer: Layer.Layer<VersionSource> = Layer.succeed(
  VersionSource,
  VersionSource.of({ list, resolve, checkout, preview, existing, isEnvCurrent, prune })
)
