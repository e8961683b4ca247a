/**
 * LAW-13 for recipes: the content of a commit is checked before any of it is written. Root reads a release, so a link
 * in it must not lead out of it.
 */
import * as Effect from "effect/Effect"
import { git, type Repository, unavailable } from "./git.ts"
import { RecipeUnavailable } from "./VersionSource.ts"

interface Entry {
  readonly mode: string
  readonly object: string
  readonly path: string
}

const submodule = "160000"
const symlink = "120000"

const parse = (listing: string): ReadonlyArray<Entry> =>
  listing.split("\0").flatMap((line) => {
    const [meta = "", path] = line.split("\t", 2)
    const [mode = "", , object = ""] = meta.split(" ")
    return path === undefined ? [] : [{ mode, object, path }]
  })

/**
 * Whether a link stays inside. It must be relative and go up only at its start, at most to the root. Then each further
 * part is a real folder or a link under the same rule, so no chain of links leads out either. `a/../..` through a link
 * `a` could.
 *
 * @param path of the link, relative to the root.
 */
export const staysInside = (path: string, target: string): boolean => {
  if (target === "" || target.startsWith("/")) return false
  const parts = target.split("/").filter((part) => part !== "" && part !== ".")
  const up = parts.findIndex((part) => part !== "..")
  const ups = up === -1 ? parts.length : up
  return ups <= path.split("/").length - 1 && !parts.slice(ups).includes("..")
}

/** Fails when the commit is missing, or contains something that a release must not. */
export const assertDeployable = Effect.fn("Git.assertDeployable")(function* (
  repository: Repository,
  version: string,
  commit: string
) {
  const recipe = repository.of ?? repository.path
  const refuse = (reason: string, next: string) => new RecipeUnavailable({ recipe, reason, next })
  const failed = unavailable(
    recipe,
    `commit ${commit} of ${version} cannot be read`,
    "the tag was moved or deleted, or the clone is damaged or shallow: fetch the recipe and choose another version"
  )
  const { stdout } = yield* Effect.mapError(git(repository, ["ls-tree", "-r", "-z", "--full-tree", commit]), failed)
  const entries = parse(stdout)
  const module = entries.find((entry) => entry.mode === submodule)
  if (module !== undefined) {
    return yield* refuse(
      `${version} holds the git submodule ${module.path}, which is not supported`,
      "add the files to the recipe itself (git subtree, or a copy)"
    )
  }
  for (const { path, object } of entries.filter((entry) => entry.mode === symlink)) {
    const target = (yield* Effect.mapError(git(repository, ["cat-file", "blob", object]), failed)).stdout
    if (!staysInside(path, target)) {
      return yield* refuse(
        `in ${version} the link ${path} leads out of the recipe (to ${target.slice(0, 200)})`,
        "replace the link with the file, or with a link inside the recipe"
      )
    }
  }
})
