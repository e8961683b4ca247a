/**
 * git on a recipe's repository, which may belong to another user and hold any configuration: of that user's nothing is
 * run (LAW-13), and nothing is asked of a terminal that nobody watches.
 */
import { access, stat } from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { networkEnvironment } from "../process/environment.ts"
import { redactShapes } from "../process/Redact.ts"
import { run, type ToolFailed, type ToolOptions, type ToolResult } from "../process/Tool.ts"
import { RecipeUnavailable } from "./VersionSource.ts"

export interface Repository {
  readonly path: string
  /** Relative to `path`: `.git` (a folder, or the file of a worktree), or `.` for a bare repository. */
  readonly gitDir: string
  /** It belongs to another user than the one who runs lastgood. */
  readonly foreign: boolean
}

/** A full object name: what may become the name of a folder. */
export const isCommit = (text: string): boolean => /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(text)

/** For `info/attributes`: overrules a recipe's own, which could name programs (`filter`) or change bytes (`eol`, `ident`). */
export const bytesAsTheyAre = "* -text !eol -filter -ident !working-tree-encoding\n"

const always = ["safe.directory=*", "core.fsmonitor=false", "core.hooksPath=/dev/null", "gc.auto=0"]

/** Settings that name a program to start, overruled: whoever owns the repository could start it as root. */
const againstOthers = [
  "core.sshCommand=ssh",
  "core.askPass=",
  "core.alternateRefsCommand=",
  "credential.helper=",
  "protocol.ext.allow=never"
]

/** Not `ext::`, no helper that a remote's `vcs` or URL names, and no `core.gitProxy` (which only this overrules). */
const environment = { GIT_ALLOW_PROTOCOL: "file:git:http:https:ssh", GIT_PROXY_COMMAND: "" }

/**
 * Runs one git command on a repository. The git folder is always named, so that neither a `GIT_DIR` of the caller (a
 * hook) nor a repository further up is taken for the recipe.
 */
export const git = (
  repository: Repository,
  args: ReadonlyArray<string>,
  options: ToolOptions = {}
): Effect.Effect<ToolResult, ToolFailed> => {
  const settings = repository.foreign ? [...always, ...againstOthers] : always
  const guards = settings.flatMap((setting) => ["-c", setting])
  const limits: Readonly<Record<string, string>> = repository.foreign ? environment : {}
  return run("git", [...guards, "-C", repository.path, `--git-dir=${repository.gitDir}`, ...args], {
    ...options,
    env: { ...networkEnvironment(), GIT_TERMINAL_PROMPT: "0", GIT_NO_LAZY_FETCH: "1", ...limits, ...options.env }
  })
}

/** git's own last word, short and without credentials. */
const saidBy = (error: ToolFailed): string =>
  redactShapes(error.said.slice(0, 16 * 1024))
    .replaceAll(/\s*\n\s*/g, "; ")
    .slice(0, 500)

/** A git command that failed, in words of the recipe. */
export const unavailable =
  (recipe: string, what: string, next: string) =>
  (error: ToolFailed): RecipeUnavailable =>
    error.notFound
      ? new RecipeUnavailable({ recipe, reason: "git is not installed", next: "install git (apt install git)" })
      : new RecipeUnavailable({ recipe, reason: `${what}: ${saidBy(error)}`, next })

const exists = (path: string): Effect.Effect<boolean> =>
  Effect.promise(() =>
    access(path).then(
      () => true,
      () => false
    )
  )

/** Who may write its configuration: the owner of the git folder (or of the file that a worktree has in its place). */
const isForeign = (path: string): Effect.Effect<boolean> =>
  Effect.promise(() =>
    stat(path).then(
      ({ uid }) => uid !== process.getuid?.(),
      () => true
    )
  )

/** The repository at exactly this path; fails when there is none. */
export const locate = Effect.fn("git.locate")(function* (recipe: string) {
  const isFolder = yield* Effect.tryPromise({
    try: async () => (await stat(recipe)).isDirectory(),
    catch: (cause) =>
      new RecipeUnavailable({
        recipe,
        reason: `the folder cannot be read (${cause instanceof Error ? cause.message : String(cause)})`,
        next: "correct `recipe` in the configuration, or clone the recipe there"
      })
  })
  const own = join(recipe, ".git")
  if (isFolder && (yield* exists(own))) return { path: recipe, gitDir: ".git", foreign: yield* isForeign(own) }
  const bare = yield* Effect.forEach(["HEAD", "objects", "refs"], (name) => exists(join(recipe, name)))
  if (isFolder && bare.every((found) => found)) {
    return { path: recipe, gitDir: ".", foreign: yield* isForeign(join(recipe, "HEAD")) }
  }
  return yield* new RecipeUnavailable({
    recipe,
    reason: isFolder ? "the folder is no git repository" : "it is a file, a folder with a git repository was expected",
    next: "correct `recipe` in the configuration, or clone the recipe there"
  })
})

/** By default git on a local path refuses a repository of another user, and passes no setting of ours on to it. */
const uploadPack = (url: string): ReadonlyArray<string> =>
  url.startsWith("file://") || !/^[^/]*:/.test(url)
    ? ["--upload-pack=git -c 'safe.directory=*' -c core.hooksPath=/dev/null upload-pack"]
    : []

const fetchDeadlineMs = 5 * 60_000

/**
 * Tags and branches of the recipe's remote (`origin`, or the first one). Nothing to do without a remote.
 *
 * The repository may belong to a user who goes on working in it while root fetches: objects arrive as one pack and no
 * log or `FETCH_HEAD` is made, so that no folder or file is left which its owner could not write to.
 */
export const fetchTags = Effect.fn("git.fetchTags")(function* (repository: Repository) {
  const recipe = repository.path
  const failed = unavailable(
    recipe,
    "fetch failed",
    "repair the network or the remote (git fetch --tags), or use what is here: --skip-fetch or CCCI_SKIP_FETCH=1"
  )
  const { stdout } = yield* Effect.mapError(git(repository, ["remote"]), failed)
  const remotes = stdout.split("\n").filter((name) => name !== "")
  const remote = remotes.includes("origin") ? "origin" : remotes[0]
  if (remote === undefined) return
  const url = (yield* Effect.mapError(git(repository, ["remote", "get-url", "--", remote]), failed)).stdout
  const quiet = ["-c", "fetch.unpackLimit=1", "-c", "core.logAllRefUpdates=false"]
  const options = ["--quiet", "--tags", "--force", "--no-recurse-submodules", "--no-write-fetch-head"]
  yield* git(repository, [...quiet, "fetch", ...options, ...uploadPack(url), "--", remote], {
    timeoutMs: fetchDeadlineMs
  }).pipe(Effect.mapError(failed))
})
