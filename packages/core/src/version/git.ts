/**
 * git on a repository whose settings belong to root or the running user. A repository of another user is read through
 * `mirror.ts` (LAW-17). git never prompts on the terminal.
 */
import { readFile, stat } from "node:fs/promises"
import { join, resolve } from "node:path"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import { kindBehind } from "../disk/kindAt.ts"
import { faultOf, faultText, remedyFor } from "../disk/ownership.ts"
import { messageOf } from "../domain/messageOf.ts"
import { networkEnvironment } from "../process/environment.ts"
import { run, type ToolFailed, type ToolOptions, type ToolResult } from "../process/Tool.ts"
import { confidentialIn } from "../secrets/confidential.ts"
import { redact } from "../secrets/Redact.ts"
import { type Owner, uploadPackAs } from "./owner.ts"
import { remoteUrl } from "./remoteUrl.ts"
import { RecipeUnavailable } from "./VersionSource.ts"

export interface Repository {
  readonly path: string
  /** Relative to `path`: `.git` (a folder, or the file of a worktree), or `.` for a bare repository. */
  readonly gitDir: string
  /** Another user, who could have written its settings; null: only root or the running user could. */
  readonly owner: Owner | null
  /** The recipe that this repository mirrors. */
  readonly of?: string
  /**
   * Another user wrote the URL of the remote, so no credential helper and no askpass is started for it. It is still
   * fetched with our ssh (keys and agent) and `~/.netrc`, as `docs/security.md` says.
   */
  readonly foreignUrl?: boolean
}

const always = ["safe.directory=*", "core.fsmonitor=false", "core.hooksPath=/dev/null", "gc.auto=0"]

/** For a URL that another user wrote. */
const withoutHelpers = ["core.askPass=", "credential.helper="]

const environment = {
  GIT_TERMINAL_PROMPT: "0",
  GIT_NO_LAZY_FETCH: "1",
  GIT_NO_REPLACE_OBJECTS: "1",
  // Not `ext::`, and no helper that a remote's `vcs` or URL names.
  GIT_ALLOW_PROTOCOL: "file:git:http:https:ssh"
}

/**
 * Runs one git command on a repository. The git folder is always given, so that git uses neither the caller's `GIT_DIR`
 * (in a hook) nor a repository in a folder above.
 */
export const git = (
  repository: Repository,
  args: ReadonlyArray<string>,
  options: ToolOptions = {}
): Effect.Effect<ToolResult, ToolFailed> => {
  const settings = repository.foreignUrl === true ? [...always, ...withoutHelpers] : always
  const guards = settings.flatMap((setting) => ["-c", setting])
  return run("git", [...guards, "-C", repository.path, `--git-dir=${repository.gitDir}`, ...args], {
    ...options,
    env: { ...networkEnvironment(), ...environment, ...options.env }
  })
}

/** git's own last message, and what the remote said, short and without credentials. */
const saidBy = (error: ToolFailed, secrets: ReadonlyArray<string>): string =>
  redact(error.said.slice(0, 16 * 1024), secrets)
    .replaceAll(/\s*\n\s*/g, "; ")
    .slice(0, 500)

/** The error for a failed git command on the recipe. `secrets`: those of the remote's URL, which the remote may repeat. */
export const unavailable =
  (recipe: string, what: string, next: string, secrets: ReadonlyArray<string> = []) =>
  (error: ToolFailed): RecipeUnavailable =>
    error.notFound
      ? new RecipeUnavailable({ recipe, reason: "git is not installed", next: "install git (apt install git)" })
      : new RecipeUnavailable({ recipe, reason: `${what}: ${saidBy(error, secrets)}`, next })

const exists = (path: string): Effect.Effect<boolean> => Effect.map(kindBehind(path), (kind) => kind !== null)

/** The git folder that the file of a worktree names, and the one that it shares with other worktrees. */
const settingsOf = async (own: string): Promise<ReadonlyArray<string>> => {
  const text = await readFile(own, "utf8").catch(() => "")
  const [, named] = /^gitdir: (.+)$/m.exec(text) ?? []
  if (named === undefined) return [own, join(own, "config")]
  const folder = resolve(own, "..", named)
  const common = await readFile(join(folder, "commondir"), "utf8").catch(() => ".")
  return [own, folder, join(resolve(folder, common.trim()), "config")]
}

/** The other user who could have written the repository's settings. Only root can run git as that user. */
const ownerOf = (recipe: string, own: string): Effect.Effect<Owner | null, RecipeUnavailable> =>
  Effect.gen(function* () {
    const parts = yield* Effect.promise(() => settingsOf(own))
    const fault = parts.map(faultOf).find((found) => found !== null) ?? null
    if (fault === null) return null
    if (fault.owner !== null && process.geteuid?.() === 0) return fault.owner
    return yield* new RecipeUnavailable({ recipe, reason: faultText(fault), next: remedyFor(fault) })
  })

const isMissing = (cause: unknown): boolean => Predicate.hasProperty(cause, "code") && cause.code === "ENOENT"

/** The repository at exactly this path. Fails if there is none. */
export const locate = Effect.fn("Git.locate")(function* (recipe: string) {
  const isFolder = yield* Effect.tryPromise({
    try: async () => (await stat(recipe)).isDirectory(),
    catch: (cause) =>
      new RecipeUnavailable({
        recipe,
        reason: isMissing(cause) ? "the folder does not exist" : `the folder cannot be read (${messageOf(cause)})`,
        next: "correct `recipe` in the configuration, or clone the recipe there"
      })
  })
  const own = join(recipe, ".git")
  if (isFolder && (yield* exists(own))) {
    const repository: Repository = { path: recipe, gitDir: ".git", owner: yield* ownerOf(recipe, own) }
    return repository
  }
  const bare = yield* Effect.forEach(["HEAD", "objects", "refs"], (name) => exists(join(recipe, name)))
  if (isFolder && bare.every((found) => found)) {
    const repository: Repository = { path: recipe, gitDir: ".", owner: yield* ownerOf(recipe, recipe) }
    return repository
  }
  return yield* new RecipeUnavailable({
    recipe,
    reason: isFolder ? "the folder is not a git repository" : "it is a file: expected a folder with a git repository",
    next: "correct `recipe` in the configuration, or clone the recipe there"
  })
})

/** By default git refuses a local repository of another user, and does not pass our settings to it. */
const uploadPack = (url: string, recipe: string): ReadonlyArray<string> => {
  const remote = remoteUrl(url, recipe)
  if (remote._tag !== "Local") return []
  const owner = faultOf(remote.path)?.owner ?? null
  return [
    owner !== null && process.geteuid?.() === 0
      ? `--upload-pack=${uploadPackAs(owner)}`
      : "--upload-pack=git -c 'safe.directory=*' -c core.hooksPath=/dev/null upload-pack"
  ]
}

export const fetchDeadlineMs = 5 * 60_000

/**
 * Fetches tags and branches of the recipe's remote (`origin`, or the first one). Does nothing without a remote.
 *
 * The owner of the repository may work in it while root fetches. Objects arrive as one pack and no log or `FETCH_HEAD`
 * is written, so that no file or folder remains that the owner cannot write to.
 */
export const fetchTags = Effect.fn("Git.fetchTags")(function* (repository: Repository) {
  const recipe = repository.path
  const failedWith = (secrets: ReadonlyArray<string>) =>
    unavailable(
      recipe,
      "fetch failed",
      "repair the network or the remote (git fetch --tags), or use the local versions: --skip-fetch or CCCI_SKIP_FETCH=1",
      secrets
    )
  const failed = failedWith([])
  const { stdout } = yield* Effect.mapError(git(repository, ["remote"]), failed)
  const remotes = stdout.split("\n").filter((name) => name !== "")
  const remote = remotes.includes("origin") ? "origin" : remotes[0]
  if (remote === undefined) return
  const url = (yield* Effect.mapError(git(repository, ["remote", "get-url", "--", remote]), failed)).stdout
  const quiet = ["-c", "fetch.unpackLimit=1", "-c", "core.logAllRefUpdates=false"]
  const options = ["--quiet", "--tags", "--force", "--no-recurse-submodules", "--no-write-fetch-head"]
  yield* git(repository, [...quiet, "fetch", ...options, ...uploadPack(url.trim(), recipe), "--", remote], {
    timeoutMs: fetchDeadlineMs
  }).pipe(Effect.mapError(failedWith(confidentialIn(url))))
})
