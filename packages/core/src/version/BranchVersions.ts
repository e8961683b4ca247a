/**
 * Adapter: the versions of a recipe are the commits of a branch that change its folder. The name of a version is the
 * number of commits that lead to it, its commit, and the tags of its images.
 */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join, relative, resolve as resolvePath } from "node:path"
import * as Effect from "effect/Effect"
import { kindBehind } from "../disk/kindAt.ts"
import type { App } from "../domain/App.ts"
import { asError } from "../domain/messageOf.ts"
import type { Ref } from "../domain/Ref.ts"
import { revisionText } from "../domain/Revision.ts"
import { git, type Repository, unavailable } from "./git.ts"
import { parseReference } from "./registry/Reference.ts"
import { pathsOf } from "./releaseLayout.ts"
import { releaseSource } from "./releaseSource.ts"
import { layOut } from "./releases.ts"
import { commitOf, repositoryOf } from "./repository.ts"
import { peel } from "./tags.ts"
import { assertDeployable } from "./tree.ts"
import { type Looking, type Offer, RecipeUnavailable, type VersionSource } from "./VersionSource.ts"

/** The most new commits to look at, the newest ones: each is laid out and read. */
const mostCommits = 30

/** The repository that contains the recipe's folder. */
const topOf = Effect.fnUntraced(function* (recipe: string) {
  for (let at = resolvePath(recipe); at !== dirname(at); at = dirname(at)) {
    if ((yield* kindBehind(join(at, ".git"))) !== null) return at
  }
  return resolvePath(recipe)
})

const opened = Effect.fnUntraced(function* (app: App, options: Pick<Looking, "fetch">) {
  const top = yield* topOf(app.recipe)
  const folder = relative(top, resolvePath(app.recipe))
  return { folder, repository: yield* repositoryOf(app, options, top) }
})

const treeOf = (commit: string, folder: string): string => (folder === "" ? commit : `${commit}:${folder}`)

const layOutCommit = Effect.fnUntraced(function* (place: App, app: App, ref: Ref) {
  const { folder, repository } = yield* opened(app, { fetch: false })
  const tree = treeOf(ref.commit, folder)
  yield* assertDeployable(repository, ref.version, tree)
  yield* layOut(place, repository, ref, tree)
})

const asked = (app: App) => unavailable(app.recipe, "the branch cannot be read", "check the repository (git fsck)")

const headOf = Effect.fnUntraced(function* (app: App, repository: Repository, branch: string) {
  const failed = asked(app)
  const found =
    (yield* Effect.mapError(peel(repository, `refs/remotes/origin/${branch}`), failed)) ??
    (yield* Effect.mapError(peel(repository, `refs/heads/${branch}`), failed))
  if (found !== null) return found
  return yield* new RecipeUnavailable({
    recipe: app.recipe,
    reason: `it has no branch ${branch}`,
    next: "correct `versions: { branch: … }` in the configuration, or fetch the branch"
  })
})

/** The number of commits that lead to it, which is larger than that of each of them. */
const depthOf = Effect.fnUntraced(function* (app: App, repository: Repository, commit: string) {
  const { stdout } = yield* Effect.mapError(git(repository, ["rev-list", "--count", commit]), asked(app))
  return Number(stdout.trim())
})

const isAncestor = (app: App, repository: Repository, commit: string, head: string) =>
  git(repository, ["merge-base", "--is-ancestor", commit, head], { codes: [0, 1, 128] }).pipe(
    Effect.map(({ code }) => code === 0),
    Effect.mapError(asked(app))
  )

const scratch = Effect.acquireRelease(
  Effect.tryPromise({ try: () => mkdtemp(join(tmpdir(), "lastgood-branch-")), catch: asError }),
  (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true }))
)

export const makeBranchVersions = (): VersionSource["Service"] => {
  /** By app and commit: apps may share a repository. Variables of the env file are read again at the next start. */
  const known = new Map<string, ReadonlyMap<string, string>>()

  /** The tags of the images of a commit. One that cannot be read is refused when it is chosen. */
  const tagsOf = Effect.fnUntraced(function* (app: App, commit: string, looking: Looking) {
    const key = JSON.stringify([app.name, app.recipe, commit])
    const before = known.get(key)
    if (before !== undefined) return before
    const read = Effect.gen(function* () {
      const place = { ...app, dir: yield* scratch }
      const ref = { version: commit.slice(0, 12), commit }
      yield* layOutCommit(place, app, ref)
      const { recipe: dir } = pathsOf(place, ref)
      return (yield* looking.project({ ...ref, dir, envFile: app.envFile })).services
    }).pipe(Effect.scoped)
    const services = yield* Effect.orElseSucceed(read, () => [])
    const tags = new Map(
      services.flatMap(({ image, service }) => {
        const tag = image === null ? null : (parseReference(image)?.tag ?? null)
        return tag === null ? [] : [[service, tag] as const]
      })
    )
    if (services.length > 0) known.set(key, tags)
    return tags
  })

  const offerOf = Effect.fnUntraced(function* (app: App, repository: Repository, commit: string, looking: Looking) {
    const { stdout } = yield* Effect.mapError(
      git(repository, ["show", "--no-patch", "--format=%ct", commit]),
      asked(app)
    )
    const services = yield* tagsOf(app, commit, looking)
    const number = yield* depthOf(app, repository, commit)
    const offer: Offer = {
      version: revisionText({ number, id: commit.slice(0, 7), services }),
      commit,
      at: Number(stdout.trim()) * 1000
    }
    return offer
  })

  const list = Effect.fn("BranchVersions.list")(function* (app: App, looking: Looking) {
    const { versions } = app
    if (versions.kind !== "branch") return yield* Effect.die(new Error("not an app of a branch"))
    const { folder, repository } = yield* opened(app, looking)
    const head = yield* headOf(app, repository, versions.branch)
    const { running } = looking
    if (running !== null && !(yield* isAncestor(app, repository, running.commit, head))) {
      return yield* new RecipeUnavailable({
        recipe: app.recipe,
        reason: `the branch ${versions.branch} does not contain the running version ${running.version}: its history was rewritten`,
        next: "compare the histories (git log), and name the commit that you want"
      })
    }
    const range = running === null ? head : `${running.commit}..${head}`
    const path = folder === "" ? [] : ["--", `:(top)${folder}`]
    const { stdout } = yield* Effect.mapError(
      git(repository, ["log", "--first-parent", `--max-count=${mostCommits}`, "--format=%H", range, ...path]),
      asked(app)
    )
    const commits = stdout.split("\n").filter((commit) => commit !== "")
    const newer = yield* Effect.forEach(commits.toReversed(), (commit) => offerOf(app, repository, commit, looking))
    if (running === null) return newer
    const own = yield* offerOf(app, repository, running.commit, looking)
    return [{ ...own, ...running }, ...newer]
  }, Effect.scoped)

  /** A commit by its hash or the beginning of it, also one that `list` does not return. */
  const found = Effect.fnUntraced(function* (app: App, name: string, looking: Looking) {
    const { repository } = yield* opened(app, { fetch: false })
    const [, short] = /^[1-9]\d*-([0-9a-f]{7,12})(?:\+|$)/.exec(name) ?? []
    return yield* offerOf(app, repository, yield* commitOf(repository, short ?? name), looking)
  }, Effect.scoped)

  const find = Effect.fn("BranchVersions.find")(function* (app: App, name: string, looking: Looking) {
    const offers = yield* list(app, looking)
    return (
      offers.find(({ version }) => version === name) ??
      (yield* Effect.orElseSucceed(found(app, name, looking), () => null))
    )
  })

  const resolve = Effect.fn("BranchVersions.resolve")(function* (app: App, ref: string, looking: Looking) {
    const { commit, version } = yield* found(app, ref, looking)
    return { version, commit }
  })

  return { list, find, resolve, asRuns: () => Effect.succeed(null), ...releaseSource(layOutCommit) }
}
