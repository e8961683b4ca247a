/** Adapter: the versions of a recipe are the tags of its git repository. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { App } from "../domain/App.ts"
import type { Ref } from "../domain/Ref.ts"
import { releaseSource } from "./releaseSource.ts"
import { layOut } from "./releases.ts"
import { commitOf, repositoryOf } from "./repository.ts"
import { allTags, versionsAmong } from "./tags.ts"
import { assertDeployable } from "./tree.ts"
import { type Looking, RecipeUnavailable, VersionSource } from "./VersionSource.ts"

const noVersions = ([first, ...rest]: ReadonlyArray<string>): string => {
  if (first === undefined) return "it has no tags"
  return rest.length === 0
    ? `its only tag, ${first}, is not a version such as 1.0.0+2.3.4`
    : `none of its ${rest.length + 1} tags, such as ${first}, is a version such as 1.0.0+2.3.4`
}

const list = Effect.fn("GitVersions.list")(function* (app: App, options: Pick<Looking, "fetch">) {
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

const layOutCommit = Effect.fnUntraced(function* (place: App, app: App, ref: Ref) {
  const repository = yield* repositoryOf(app, { fetch: false })
  yield* assertDeployable(repository, ref.version, ref.commit)
  yield* layOut(place, repository, ref)
})

const find = (app: App, name: string, looking: Looking) =>
  Effect.map(list(app, looking), (offers) => offers.find(({ version }) => version === name) ?? null)

export const make: VersionSource["Service"] = {
  list,
  find,
  resolve,
  asRuns: () => Effect.succeed(null),
  ...releaseSource(layOutCommit)
}

export const layer: Layer.Layer<VersionSource> = Layer.succeed(VersionSource, VersionSource.of(make))
