/**
 * LAW-17: a bare repository of lastgood, `<app>/recipe.git`, that mirrors another user's repository. Objects and names
 * are fetched. Of the repository's settings only the URL of its remote is used.
 *
 * Its own names are mirrored (`refs/tags`, `refs/heads` …), and names of its remote overlay them: what was fetched from
 * upstream (`refs/lastgood/upstream`) stays until the next fetch.
 */
import { closeSync, constants, openSync } from "node:fs"
import { mkdir, readdir, rm } from "node:fs/promises"
import { join, resolve } from "node:path"
import * as Effect from "effect/Effect"
import { isReadOnlyFilesystem } from "../disk/readOnlyFilesystem.ts"
import type { App } from "../domain/App.ts"
import { asError } from "../domain/messageOf.ts"
import { InheritedFds, run } from "../process/Tool.ts"
import { confidentialIn } from "../secrets/confidential.ts"
import { redactShapes } from "../secrets/Redact.ts"
import { fetchDeadlineMs, git, type Repository, unavailable } from "./git.ts"
import { gitAs, type Owner, uploadPackAs } from "./owner.ts"
import { remoteUrl, urlIn } from "./remoteUrl.ts"
import { RecipeUnavailable } from "./VersionSource.ts"

const upstream = "refs/lastgood/upstream"
const lockTimeoutS = 300

const fetching = ["fetch", "--quiet", "--force", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head"]

/** The names in the mirror for the names upstream. */
const overlay = [`+${upstream}/tags/*:refs/tags/*`, `+${upstream}/heads/*:refs/remotes/origin/*`]

const openLock = (path: string) =>
  Effect.acquireRelease(
    Effect.try({
      try: () => openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600),
      catch: asError
    }),
    (fd) => Effect.sync(() => closeSync(fd))
  )

/** Leftovers of a killed git. No other process uses the mirror while its lock is held. */
const removeStale = async (mirror: string): Promise<void> => {
  const names = await readdir(mirror, { recursive: true })
  for (const name of names) if (name.endsWith(".lock") && name !== lockName) await rm(join(mirror, name))
}

const lockName = "lastgood.lock"

const prepare = Effect.fnUntraced(function* (app: App, source: Repository, owner: Owner) {
  const recipe = source.path
  const path = join(app.dir, "recipe.git")
  const cannot = (error: Error) =>
    new RecipeUnavailable({
      recipe,
      reason: `its mirror cannot be created: ${error.message}`,
      next: `make ${path} writable, or remove it: lastgood creates it again`
    })
  yield* Effect.mapError(
    Effect.tryPromise({ try: () => mkdir(path, { recursive: true, mode: 0o700 }), catch: asError }),
    cannot
  )
  const lock = yield* Effect.mapError(openLock(join(path, lockName)), cannot)
  yield* run("flock", ["--exclusive", "--timeout", String(lockTimeoutS), "3"]).pipe(
    Effect.provideService(InheritedFds, [lock]),
    Effect.mapError(cannot)
  )
  yield* Effect.mapError(Effect.tryPromise({ try: () => removeStale(path), catch: asError }), cannot)
  const mirror: Repository = { path, gitDir: ".", owner: null, of: recipe }
  const failed = unavailable(recipe, `it cannot be read as its owner (uid ${owner.uid})`, ownerNext(source, owner))
  const inSource = ["-C", recipe, `--git-dir=${source.gitDir}`]
  const format = (yield* Effect.mapError(gitAs(owner, [...inSource, "rev-parse", "--show-object-format"]), failed))
    .stdout
  yield* Effect.mapError(
    run("git", ["init", "--quiet", "--bare", "--template=", `--object-format=${format.trim()}`, path]),
    cannot
  )
  const names = ["--get-regexp", "^remote\\..*\\.url$"]
  const listing = yield* gitAs(owner, [...inSource, "config", "--local", "--no-includes", "--null", ...names]).pipe(
    Effect.map(({ stdout }) => stdout),
    // 1: there is none.
    Effect.catchIf(
      ({ code }) => code === 1,
      () => Effect.succeed("")
    ),
    Effect.mapError(failed)
  )
  yield* Effect.mapError(
    git(mirror, [
      ...fetching,
      "--prune",
      "--update-shallow",
      `--upload-pack=${uploadPackAs(owner)}`,
      "--",
      resolve(recipe, source.gitDir),
      "+refs/*:refs/*",
      "^refs/lastgood/*",
      "^refs/replace/*"
    ]),
    failed
  )
  return { mirror, url: urlIn(listing) }
})

const ownerNext = ({ path }: Repository, { uid }: Owner): string =>
  `make ${path} readable and reachable for uid ${uid}; or inspect it and its .git/config, then make root the owner: chown -R root ${path}`

const fetchUpstream = Effect.fnUntraced(function* (mirror: Repository, source: Repository, owner: Owner, text: string) {
  const recipe = source.path
  const url = remoteUrl(text, recipe)
  if (url._tag === "Refused") {
    return yield* new RecipeUnavailable({
      recipe,
      reason: `its remote ${redactShapes(text.slice(0, 500))} is not used: ${url.why}`,
      next: "use a remote with https, http, ssh, git or a path, or use the local versions: --skip-fetch"
    })
  }
  const isLocal = url._tag === "Local"
  const pack = isLocal ? [`--upload-pack=${uploadPackAs(owner)}`] : []
  // Through the environment: a URL may contain a password, and arguments are visible to every user.
  const env = {
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: "remote.upstream.url",
    GIT_CONFIG_VALUE_0: isLocal ? url.path : url.url
  }
  const refs = ["tags", "heads"].map((kind) => `+refs/${kind}/*:${upstream}/${kind}/*`)
  yield* git({ ...mirror, foreignUrl: true }, [...fetching, ...pack, "--", "upstream", ...refs], {
    env,
    timeoutMs: fetchDeadlineMs
  }).pipe(
    Effect.mapError(
      unavailable(
        recipe,
        "fetch failed",
        "repair the network or the remote, or use the local versions: --skip-fetch or CCCI_SKIP_FETCH=1",
        confidentialIn(url._tag === "Network" ? url.url : "")
      )
    )
  )
})

/** The current mirror of another user's repository. It is locked until the scope closes. */
export const mirrorOf = Effect.fn("Git.mirrorOf")(function* (
  app: App,
  source: Repository,
  owner: Owner,
  options: { readonly fetch: boolean }
) {
  const kept = join(app.dir, "recipe.git")
  // On a read-only root, commands that only read use the last fetch.
  if (isReadOnlyFilesystem(kept)) {
    const mirror: Repository = { path: kept, gitDir: ".", owner: null, of: source.path }
    return mirror
  }
  const { mirror, url } = yield* prepare(app, source, owner)
  if (options.fetch && url !== null) yield* fetchUpstream(mirror, source, owner, url)
  yield* Effect.mapError(
    git(mirror, [...fetching, "--", ".", ...overlay]),
    unavailable(source.path, "its versions cannot be read", `remove ${mirror.path}: lastgood creates it again`)
  )
  return mirror
})
