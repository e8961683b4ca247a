/**
 * Releases on disk: `<app>/releases/<commit>/recipe` has the files of a commit, completely or not at all. Beside it is
 * the env file (0600) that each version of that commit was deployed with.
 */
import { chmod, lstat, mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { kindAt } from "../disk/kindAt.ts"
import { readSmallFile } from "../disk/readSmallFile.ts"
import { replaceFile, syncedFolder } from "../disk/replaceFile.ts"
import type { App } from "../domain/App.ts"
import { asError } from "../domain/messageOf.ts"
import type { Ref } from "../domain/Ref.ts"
import { syncFilesystem } from "../process/syncFilesystem.ts"
import { git, type Repository, unavailable } from "./git.ts"
import { bytesAsTheyAre, pathsOf } from "./releaseLayout.ts"
import { RecipeUnavailable } from "./VersionSource.ts"

const cannot = "the release cannot be written"
const next = "free some space, and make the app's folder under the root writable"

const failing = (app: App, what: string) => (error: Error) =>
  new RecipeUnavailable({ recipe: app.recipe, reason: `${what}: ${error.message}`, next })

const attempt = <A>(app: App, what: string, act: () => Promise<A>): Effect.Effect<A, RecipeUnavailable> =>
  Effect.mapError(Effect.tryPromise({ try: act, catch: asError }), failing(app, what))

const privateFolder = async (path: string): Promise<void> => {
  await mkdir(path, { recursive: true, mode: 0o700 })
  await chmod(path, 0o700)
}

const staging = ".staging-"
const staleAfterMs = 3_600_000

/**
 * Removes leftovers of killed calls. A recent one may belong to a call that still runs (`plan` beside the reconciler).
 */
const clearStale = (root: string, now: number) => async (): Promise<void> => {
  for (const name of await readdir(root)) {
    const path = join(root, name)
    if (!name.startsWith(staging) || (await lstat(path)).mtimeMs > now - staleAfterMs) continue
    await rm(path, { recursive: true, force: true })
  }
}

/**
 * A separate git folder over the recipe's objects. So `checkout-index` does not use the recipe's configuration, and its
 * attributes, which could start programs (`filter`) or change bytes (`eol`, `ident`), are overridden.
 */
const privateGit = async (folder: string, commit: string): Promise<Repository> => {
  const format = commit.length === 64 ? "[extensions]\n\tobjectFormat = sha256\n" : ""
  await mkdir(join(folder, "git", "refs"), { recursive: true })
  await mkdir(join(folder, "git", "info"))
  await mkdir(join(folder, "recipe"))
  await writeFile(join(folder, "git", "HEAD"), "ref: refs/heads/none\n")
  await writeFile(join(folder, "git", "config"), `[core]\n\trepositoryFormatVersion = 1\n${format}`)
  await writeFile(join(folder, "git", "info", "attributes"), bytesAsTheyAre)
  return { path: join(folder, "recipe"), gitDir: join(folder, "git"), owner: null }
}

/** Writes the files of a release in a folder beside it, and renames it once they are on disk. */
const publish = Effect.fnUntraced(function* <R>(
  app: App,
  ref: Ref,
  /** @param folder an empty folder. @returns the folder of the recipe's files in it. */
  fill: (folder: string) => Effect.Effect<string, RecipeUnavailable, R>,
  /** Writes further files beside them. */
  beside: (folder: string) => Effect.Effect<void, RecipeUnavailable> = () => Effect.void
) {
  const paths = pathsOf(app, ref)
  if ((yield* kindAt(paths.recipe)) === "folder") return
  yield* attempt(app, cannot, () => privateFolder(paths.root))
  yield* attempt(app, cannot, clearStale(paths.root, yield* Clock.currentTimeMillis))
  yield* Effect.acquireUseRelease(
    attempt(app, cannot, () => mkdtemp(join(paths.root, staging))),
    Effect.fnUntraced(function* (folder) {
      const files = yield* fill(folder)
      // Sync before the rename: otherwise a power loss could leave a complete folder of empty files.
      yield* Effect.mapError(syncFilesystem(files), unavailable(app.recipe, cannot, next))
      yield* attempt(app, cannot, () => privateFolder(paths.folder))
      // First: whoever finds the files finds this too.
      yield* beside(paths.folder)
      yield* attempt(app, cannot, () => renameUnlessThere(files, paths.recipe))
      yield* Effect.mapError(syncedFolder(paths.folder), failing(app, cannot))
      yield* Effect.mapError(syncedFolder(paths.root), failing(app, cannot))
    }),
    (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true }).catch(() => undefined))
  )
})

/** Writes the files of a commit. Does nothing if they exist. */
export const layOut = Effect.fn("Releases.layOut")(function* (
  app: App,
  repository: Repository,
  ref: Ref,
  /** `<commit>:<folder>` if the recipe is a folder of the repository. */
  tree = ref.commit
) {
  const failed = unavailable(app.recipe, cannot, next)
  yield* publish(
    app,
    ref,
    Effect.fnUntraced(function* (folder) {
      const objects = yield* Effect.mapError(
        git(repository, ["rev-parse", "--path-format=absolute", "--git-path", "objects"]),
        failed
      )
      const own = yield* attempt(app, cannot, () => privateGit(folder, ref.commit))
      const env = {
        GIT_OBJECT_DIRECTORY: objects.stdout.replace(/\n$/, ""),
        GIT_INDEX_FILE: join(own.gitDir, "index")
      }
      const inTree = (args: ReadonlyArray<string>) => git(own, [`--work-tree=${own.path}`, ...args], { env })
      yield* Effect.mapError(inTree(["read-tree", tree]), failed)
      yield* Effect.mapError(inTree(["checkout-index", "--all", "--force", "--quiet"]), failed)
      return own.path
    })
  )
})

/**
 * Writes a copy of a plain folder, with the record of its images.
 *
 * @param copy fails if the folder no longer has the content of the version.
 */
export const layOutFolder = (
  app: App,
  ref: Ref,
  copy: (to: string) => Effect.Effect<void, RecipeUnavailable>,
  record: string
) =>
  publish(
    app,
    ref,
    (folder) => Effect.as(copy(folder), folder),
    () => Effect.mapError(replaceFile(pathsOf(app, ref).images, Buffer.from(record), 0o600), failing(app, cannot))
  )

/** Another process wrote the same commit in the meantime: the files are the same, by construction. */
const renameUnlessThere = (from: string, to: string): Promise<void> =>
  rename(from, to).catch((error: NodeJS.ErrnoException) =>
    error.code === "ENOTEMPTY" || error.code === "EEXIST" ? undefined : Promise.reject(error)
  )

/**
 * Keeps a copy of the env file with the release, or none. LAW-12: 0600, in a folder of root.
 *
 * @param env the path of the copy.
 */
export const keepEnv = Effect.fn("Releases.keepEnv")(function* (app: App, env: string, envFile: string | null) {
  const failure = failing(app, "the release's env file cannot be written")
  if (envFile === null) {
    if ((yield* kindAt(env)) !== "file") return null
    yield* Effect.mapError(Effect.tryPromise({ try: () => rm(env, { force: true }), catch: asError }), failure)
    yield* Effect.mapError(syncedFolder(dirname(env)), failure)
    return null
  }
  const content = yield* Effect.mapError(
    readSmallFile(envFile),
    ({ message }) =>
      new RecipeUnavailable({
        recipe: app.recipe,
        reason: `the env file cannot be read (${envFile}): ${message}`,
        next: "correct `env` in the configuration, or create the file"
      })
  )
  yield* Effect.mapError(replaceFile(env, content, 0o600), failure)
  return env
})
