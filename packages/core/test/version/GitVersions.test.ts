import { chmod, lstat, mkdir, readdir, readFile, rm, stat, utimes } from "node:fs/promises"
import { dirname, join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { recorder } from "@lastgood/testing/recorder"
import * as Effect from "effect/Effect"
import { run } from "../../src/process/Tool.ts"
import { layer } from "../../src/version/GitVersions.ts"
import { VersionSource } from "../../src/version/VersionSource.ts"
import { appOf, commit, fetched, git, here, link, makeRecipe, tagAs, tempFolder, write } from "./recipe.ts"

const setUp = Effect.gen(function* () {
  const folder = yield* tempFolder
  const { recipe, first, second } = yield* makeRecipe(folder)
  return { folder, recipe, first, second, app: appOf(folder, recipe), versions: yield* VersionSource }
})

const text = (path: string) => Effect.promise(() => readFile(path, "utf8"))
const names = (path: string) => Effect.promise(async () => (await readdir(path)).sort())
const mode = (path: string) => Effect.promise(async () => (await lstat(path)).mode & 0o7777)

/** `it.live` with the adapter provided. */
const live = <E>(name: string, test: () => Effect.Effect<void, E, VersionSource | import("effect/Scope").Scope>) =>
  it.live(name, () => Effect.provide(test(), layer))

describe("GitVersions.list", () => {
  live("returns version tags in ascending order with their commits and times, and ignores all other tags", () =>
    Effect.gen(function* () {
      const { app, recipe, first, second, versions } = yield* setUp
      yield* git(recipe, "tag", "-a", "-m", "annotated", "1.10.0+2.0", first)
      yield* git(recipe, "tag", "latest")
      const blob = yield* git(recipe, "rev-parse", "HEAD:compose.yml")
      yield* tagAs(recipe, "9.9.9+9", blob)
      const offers = yield* versions.list(app, here)
      const at = Date.parse("2024-01-02T03:04:05Z")
      assert.deepStrictEqual(offers, [
        { version: "1.0.0+1.0", commit: first, at },
        { version: "1.1.0+1.1", commit: second, at },
        { version: "1.10.0+2.0", commit: first, at }
      ])
    })
  )

  live("looks through a tag of a tag", () =>
    Effect.gen(function* () {
      const { app, recipe, first, versions } = yield* setUp
      yield* git(recipe, "tag", "-a", "-m", "inner", "inner", first)
      yield* git(recipe, "tag", "-a", "-m", "outer", "2.0.0+1", "inner")
      const offers = yield* versions.list(app, here)
      assert.deepStrictEqual([offers.at(-1)?.version, offers.at(-1)?.commit], ["2.0.0+1", first])
    })
  )

  /** Verifies: LAW-13 */
  live("neither runs nor misreads tags whose names look like commands or options", () =>
    Effect.gen(function* () {
      const { app, folder, recipe, first, versions } = yield* setUp
      const odd = [
        "--upload-pack=x",
        "-n",
        "1.0.0+$(touch$IFS'pwned')",
        "1.0.0+`id`",
        "2.0.0+a;b",
        "3.0.0+'q'",
        'q"q',
        "é"
      ]
      yield* Effect.forEach(odd, (name) => tagAs(recipe, name, first))
      const offers = yield* versions.list(app, here)
      assert.deepStrictEqual(
        offers.map((o) => o.version),
        ["1.0.0+1.0", "1.1.0+1.1"]
      )
      for (const name of odd) assert.strictEqual((yield* versions.resolve(app, name, here)).commit, first)
      assert.deepStrictEqual(yield* names(folder), ["recipe"])
    })
  )

  live("reads bare repositories, worktrees and repositories of another user", () =>
    Effect.gen(function* () {
      const { folder, recipe, versions } = yield* setUp
      yield* git(folder, "clone", "--quiet", "--bare", recipe, "bare.git")
      yield* git(recipe, "worktree", "add", "--quiet", join(folder, "worktree"))
      yield* git(folder, "clone", "--quiet", recipe, "foreign")
      yield* Effect.promise(() => chmod(folder, 0o755))
      if (process.getuid?.() === 0) yield* run("chown", ["-R", "4321:4321", join(folder, "foreign")])
      for (const name of ["bare.git", "worktree", "foreign"]) {
        const app = appOf(folder, join(folder, name))
        const offers = yield* versions.list(app, here)
        assert.strictEqual(offers.length, 2, name)
        const release = yield* versions.checkout(app, offers[1] ?? assert.fail(), null)
        assert.strictEqual(yield* text(join(release.dir, "compose.yml")), "version: 1.1.0+1.1\n")
        yield* Effect.promise(() => rm(app.dir, { recursive: true }))
      }
    })
  )

  live("says what is missing: the folder, the repository, its commits, its versions", () =>
    Effect.gen(function* () {
      const { folder, recipe, versions } = yield* setUp
      const reasonOf = (path: string) =>
        Effect.map(Effect.flip(versions.list(appOf(folder, path), here)), (error) => error.reason)
      yield* write(join(folder, "a-file"), "")
      yield* write(join(recipe, "sub", "file"), "")
      yield* git(folder, "init", "--quiet", "empty")
      yield* git(folder, "clone", "--quiet", "--no-tags", recipe, "untagged")
      yield* tagAs(join(folder, "untagged"), "latest", "HEAD")
      assert.include(yield* reasonOf(join(folder, "nowhere")), "the folder does not exist")
      assert.include(yield* reasonOf(join(folder, "a-file")), "it is a file")
      // A folder inside another repository is not that repository.
      assert.include(yield* reasonOf(join(recipe, "sub")), "not a git repository")
      assert.include(yield* reasonOf(join(folder, "empty")), "no tags")
      assert.include(yield* reasonOf(join(folder, "untagged")), "is not a version such as 1.0.0+2.3.4")
    })
  )

  live("runs nothing that the repository's configuration names", () =>
    Effect.gen(function* () {
      const { app, folder, recipe, versions } = yield* setUp
      const trap = join(folder, "trap")
      yield* write(trap, `#!/bin/sh\ntouch ${folder}/sprung\ncat\n`)
      yield* Effect.promise(() => chmod(trap, 0o755))
      yield* write(join(recipe, ".gitattributes"), "* filter=trap text eol=crlf\n*.txt ident\n")
      yield* write(join(recipe, "id.txt"), "$Id$\n")
      const head = yield* commit(recipe, "filtered")
      yield* tagAs(recipe, "2.0.0+1", head)
      yield* git(recipe, "config", "core.fsmonitor", trap)
      yield* git(recipe, "config", "core.hooksPath", folder)
      yield* git(recipe, "config", "filter.trap.smudge", trap)
      yield* write(join(folder, "post-checkout"), `#!/bin/sh\ntouch ${folder}/sprung\n`)
      yield* versions.list(app, here)
      const release = yield* versions.checkout(app, yield* versions.resolve(app, "2.0.0+1", here), null)
      assert.strictEqual(yield* text(join(release.dir, "id.txt")), "$Id$\n")
      assert.notInclude(yield* names(folder), "sprung")
    })
  )
})

describe("GitVersions.list with a remote", () => {
  const withRemote = Effect.gen(function* () {
    const there = yield* setUp
    const clone = join(there.folder, "clone")
    yield* git(there.folder, "clone", "--quiet", there.recipe, clone)
    return { ...there, upstream: there.recipe, clone, app: appOf(there.folder, clone) }
  })

  live("finds a version that was tagged upstream only when it fetches", () =>
    Effect.gen(function* () {
      const { app, upstream, versions } = yield* withRemote
      const head = yield* commit(upstream, "next")
      yield* git(upstream, "tag", "2.0.0+2.0")
      assert.strictEqual((yield* versions.list(app, here)).length, 2)
      const offers = yield* versions.list(app, fetched)
      assert.deepStrictEqual([offers.at(-1)?.version, offers.at(-1)?.commit], ["2.0.0+2.0", head])
    })
  )

  live("follows a tag that was moved upstream, and keeps the release that was laid out before", () =>
    Effect.gen(function* () {
      const { app, upstream, first, second, versions } = yield* withRemote
      yield* versions.checkout(app, { version: "1.1.0+1.1", commit: second }, null)
      yield* git(upstream, "tag", "--force", "1.1.0+1.1", first)
      const offers = yield* versions.list(app, fetched)
      assert.strictEqual(offers.at(-1)?.commit, first)
      const kept = yield* versions.existing(app, { version: "1.1.0+1.1", commit: second })
      assert.strictEqual(yield* text(join(kept?.dir ?? "", "compose.yml")), "version: 1.1.0+1.1\n")
    })
  )

  live("runs none of the clone's hooks", () =>
    Effect.gen(function* () {
      const { app, clone, folder, upstream, versions } = yield* withRemote
      const hook = join(clone, ".git", "hooks", "reference-transaction")
      yield* write(hook, `#!/bin/sh\ntouch ${folder}/sprung\n`)
      yield* Effect.promise(() => chmod(hook, 0o755))
      yield* git(upstream, "tag", "2.0.0+2.0")
      assert.strictEqual((yield* versions.list(app, fetched)).length, 3)
      assert.notInclude(yield* names(folder), "sprung")
    })
  )

  live("leaves nothing in the owner's repository that the owner could not write to", () =>
    Effect.gen(function* () {
      const { app, upstream, clone, versions } = yield* withRemote
      const before = yield* run("find", [join(clone, ".git"), "-type", "d"])
      yield* write(join(upstream, "more"), "more")
      yield* commit(upstream, "next")
      yield* git(upstream, "branch", "side")
      yield* git(upstream, "tag", "2.0.0+2.0")
      yield* versions.list(app, fetched)
      const after = yield* run("find", [join(clone, ".git"), "-type", "d"])
      assert.strictEqual(after.stdout, before.stdout)
      assert.notInclude(yield* names(join(clone, ".git")), "FETCH_HEAD")
      assert.notInclude(yield* names(join(clone, ".git", "logs", "refs", "remotes", "origin")), "side")
    })
  )

  live("fetches from a local remote of another user", () =>
    Effect.gen(function* () {
      const { app, upstream, versions } = yield* withRemote
      yield* git(upstream, "tag", "2.0.0+2.0")
      yield* Effect.promise(() => chmod(dirname(upstream), 0o755))
      if (process.getuid?.() === 0) yield* run("chown", ["-R", "4321:4321", upstream])
      assert.strictEqual((yield* versions.list(app, fetched)).length, 3)
    })
  )

  /** Verifies: LAW-12 */
  live("says how to go on when the remote is away, without the credentials in its address", () =>
    Effect.gen(function* () {
      const { app, clone, versions } = yield* withRemote
      yield* git(clone, "remote", "set-url", "origin", "http://deploy:s3cr3t@127.0.0.1:1/r.git?key=t0ken")
      const error = yield* Effect.flip(versions.list(app, fetched))
      assert.strictEqual(error._tag, "RecipeUnavailable")
      assert.include(error.reason, "127.0.0.1:1")
      assert.notMatch(`${error.message} ${error.reason}`, /s3cr3t|t0ken/)
      assert.include(error.next, "--skip-fetch or CCCI_SKIP_FETCH=1")
      assert.strictEqual((yield* versions.list(app, here)).length, 2)
    })
  )

  /** Verifies: LAW-12 */
  live("says what the remote says, without the credentials that it repeats", () =>
    Effect.gen(function* () {
      const { app, clone, versions } = yield* withRemote
      const { port, seen } = yield* recorder(({ headers: { authorization = "" } }) => {
        const password = Buffer.from(authorization.replace("Basic ", ""), "base64").toString().split(":")[1]
        const headers = { "content-type": "text/plain", "www-authenticate": 'Basic realm="git"' }
        return authorization === ""
          ? { status: 401, headers }
          : { status: 403, headers, body: `${password} may not read, sent as ${authorization.slice(6)}\n` }
      })
      yield* git(clone, "remote", "set-url", "origin", `http://deploy:correct%2Fh0rse@127.0.0.1:${port}/r.git`)
      const { reason } = yield* Effect.flip(versions.list(app, fetched))
      assert.isTrue(seen.some(({ headers }) => headers.authorization !== undefined))
      assert.include(reason, "may not read")
      const sent = Buffer.from("deploy:correct/h0rse").toString("base64")
      for (const secret of ["correct/h0rse", "correct%2Fh0rse", sent]) assert.notInclude(reason, secret)
    })
  )

  live("needs no remote to fetch from", () =>
    Effect.gen(function* () {
      const { folder, upstream, versions } = yield* withRemote
      assert.strictEqual((yield* versions.list(appOf(folder, upstream), fetched)).length, 2)
    })
  )

  live("resolves a branch that only the remote has", () =>
    Effect.gen(function* () {
      const { app, upstream, versions } = yield* withRemote
      yield* git(upstream, "checkout", "--quiet", "-b", "feature")
      const head = yield* commit(upstream, "feature")
      yield* versions.list(app, fetched)
      assert.deepStrictEqual(yield* versions.resolve(app, "feature", here), {
        version: head.slice(0, 12),
        commit: head
      })
    })
  )
})

describe("GitVersions.resolve", () => {
  live("names a commit by its tag, else by the short commit", () =>
    Effect.gen(function* () {
      const { app, recipe, first, second, versions } = yield* setUp
      const tagged = { version: "1.1.0+1.1", commit: second }
      for (const ref of ["1.1.0+1.1", "main", second, second.slice(0, 8), "HEAD"]) {
        assert.deepStrictEqual(yield* versions.resolve(app, ref, here), tagged, ref)
      }
      assert.deepStrictEqual(yield* versions.resolve(app, "main~1", here), { version: "1.0.0+1.0", commit: first })
      const head = yield* commit(recipe, "untagged")
      assert.deepStrictEqual(yield* versions.resolve(app, "main", here), { version: head.slice(0, 12), commit: head })
      // An expression that starts with a tag is not that tag.
      assert.strictEqual((yield* versions.resolve(app, "1.1.0+1.1~1", here)).version, "1.0.0+1.0")
    })
  )

  live("keeps the tag that was asked for when its commit has several", () =>
    Effect.gen(function* () {
      const { app, recipe, second, versions } = yield* setUp
      yield* git(recipe, "tag", "1.2.0+1.1")
      yield* git(recipe, "tag", "stable")
      for (const version of ["1.1.0+1.1", "1.2.0+1.1", "stable"]) {
        assert.deepStrictEqual(yield* versions.resolve(app, version, here), { version, commit: second })
      }
      assert.strictEqual((yield* versions.resolve(app, "main", here)).version, "1.2.0+1.1")
    })
  )

  live("prefers a tag over a branch of the same name", () =>
    Effect.gen(function* () {
      const { app, recipe, first, versions } = yield* setUp
      yield* git(recipe, "branch", "1.0.0+1.0", "main")
      assert.strictEqual((yield* versions.resolve(app, "1.0.0+1.0", here)).commit, first)
    })
  )

  live("refuses what is no commit", () =>
    Effect.gen(function* () {
      const { app, versions } = yield* setUp
      for (const ref of ["", "nope", "--all", "-h", "main:compose.yml", "main\0", "main\nHEAD", "$(id)", "^main"]) {
        const error = yield* Effect.flip(versions.resolve(app, ref, here))
        assert.include(error.reason, "is not a tag, branch or commit", JSON.stringify(ref))
      }
    })
  )
})

describe("GitVersions.checkout", () => {
  live("lays out the files of the commit, in private folders, and leaves the repository as it was", () =>
    Effect.gen(function* () {
      const { app, recipe, first, versions } = yield* setUp
      yield* write(join(recipe, "compose.yml"), "edited, not committed\n")
      const before = yield* git(recipe, "status", "--porcelain")
      const ref = { version: "1.0.0+1.0", commit: first }
      const release = yield* versions.checkout(app, ref, null)
      const dir = join(app.dir, "releases", first, "recipe")
      assert.deepStrictEqual(release, { ...ref, dir, envFile: null })
      assert.strictEqual(yield* text(join(dir, "compose.yml")), "version: 1.0.0+1.0\n")
      assert.deepStrictEqual(yield* names(dir), ["compose.yml"])
      assert.strictEqual(yield* git(recipe, "status", "--porcelain"), before)
      assert.deepStrictEqual(yield* names(join(app.dir, "releases")), [first])
      assert.strictEqual(yield* mode(join(app.dir, "releases")), 0o700)
      assert.strictEqual(yield* mode(join(app.dir, "releases", first)), 0o700)
    })
  )

  live("keeps executable bits and links that stay inside", () =>
    Effect.gen(function* () {
      const { app, recipe, versions } = yield* setUp
      yield* write(join(recipe, "bin", "run.sh"), "#!/bin/sh\n")
      yield* Effect.promise(() => chmod(join(recipe, "bin", "run.sh"), 0o755))
      yield* link(join(recipe, "bin", "compose"), "../compose.yml")
      const head = yield* commit(recipe, "links")
      const { dir } = yield* versions.checkout(app, { version: "x", commit: head }, null)
      assert.strictEqual((yield* mode(join(dir, "bin", "run.sh"))) & 0o100, 0o100)
      assert.strictEqual(yield* text(join(dir, "bin", "compose")), "version: 1.1.0+1.1\n")
    })
  )

  /** Verifies: LAW-13 */
  it.live.each<readonly [path: string, target: string]>([
    ["etc", "/etc"],
    ["up", ".."],
    ["sub/up", "../../outside"],
    ["sub/through", "../loop/../../outside"],
    ["deep/down", "x/../../.."]
  ])("refuses the link %s to %s before it writes anything", ([path, target]) =>
    Effect.gen(function* () {
      const { app, recipe, versions } = yield* setUp
      yield* link(join(recipe, "loop"), ".")
      yield* link(join(recipe, path), target)
      const head = yield* commit(recipe, "hostile")
      const error = yield* Effect.flip(versions.checkout(app, { version: "2.0.0+1", commit: head }, null))
      assert.include(error.reason, `the link ${path} leads out of the recipe`)
      assert.isFalse(yield* exists(app.dir))
    }).pipe(Effect.provide(layer))
  )

  live("refuses a recipe with a submodule", () =>
    Effect.gen(function* () {
      const { app, recipe, first, versions } = yield* setUp
      yield* git(recipe, "update-index", "--add", "--cacheinfo", `160000,${first},vendor`)
      yield* git(recipe, "commit", "--quiet", "-m", "submodule")
      const head = yield* git(recipe, "rev-parse", "HEAD")
      const error = yield* Effect.flip(versions.checkout(app, { version: "2.0.0+1", commit: head }, null))
      assert.include(error.reason, "submodule vendor")
      assert.isNull(yield* versions.existing(app, { version: "2.0.0+1", commit: head }))
    })
  )

  /** Verifies: LAW-2 */
  live("keeps with a release which files of the operator it has, also that it has none", () =>
    Effect.gen(function* () {
      const { app, first, versions } = yield* setUp
      const ref = { version: "1.0.0+1.0", commit: first }
      const release = yield* versions.checkout(app, ref, null)
      assert.isUndefined((yield* versions.existing(app, ref))?.operatorFiles)
      const kept = yield* versions.keepFiles(app, release, [])
      assert.deepStrictEqual(yield* names(kept.operatorFiles ?? ""), [])
      assert.strictEqual((yield* versions.existing(app, ref))?.operatorFiles, kept.operatorFiles)
    })
  )

  live("fails when the commit vanished between list and checkout, and leaves nothing", () =>
    Effect.gen(function* () {
      const { app, recipe, second, versions } = yield* setUp
      const offer = (yield* versions.list(app, here)).at(-1) ?? assert.fail()
      yield* git(recipe, "tag", "--delete", offer.version)
      yield* git(recipe, "reset", "--quiet", "--hard", "HEAD~1")
      yield* git(recipe, "reflog", "expire", "--expire=now", "--all")
      yield* git(recipe, "gc", "--quiet", "--prune=now")
      const error = yield* Effect.flip(versions.checkout(app, offer, null))
      assert.strictEqual(error._tag, "RecipeUnavailable")
      assert.include(error.reason, second)
      assert.isFalse(yield* exists(app.dir))
    })
  )

  live("is whole or absent: a file that cannot be read leaves nothing of the release", () =>
    Effect.gen(function* () {
      const { app, recipe, second, versions } = yield* setUp
      const blob = yield* git(recipe, "rev-parse", "HEAD:compose.yml")
      yield* Effect.promise(() => rm(join(recipe, ".git", "objects", blob.slice(0, 2), blob.slice(2))))
      const ref = { version: "1.1.0+1.1", commit: second }
      const error = yield* Effect.flip(versions.checkout(app, ref, null))
      assert.include(error.reason, "the release cannot be written")
      assert.deepStrictEqual(yield* names(join(app.dir, "releases")), [])
      assert.isNull(yield* versions.existing(app, ref))
    })
  )

  live("refuses a commit that is none before it becomes a path", () =>
    Effect.gen(function* () {
      const { app, versions } = yield* setUp
      for (const bad of ["", "main", "../../etc", "a".repeat(39), `${"a".repeat(40)}/..`]) {
        const ref = { version: "1", commit: bad }
        assert.include((yield* Effect.flip(versions.checkout(app, ref, null))).reason, "is not a commit")
        assert.isNull(yield* versions.existing(app, ref))
      }
    })
  )

  live("returns at once when the release is there, even without the repository", () =>
    Effect.gen(function* () {
      const { app, recipe, first, versions } = yield* setUp
      const ref = { version: "1.0.0+1.0", commit: first }
      const release = yield* versions.checkout(app, ref, null)
      const before = yield* Effect.promise(() => stat(release.dir))
      yield* Effect.promise(() => rm(recipe, { recursive: true }))
      assert.deepStrictEqual(yield* versions.checkout(app, ref, null), release)
      assert.strictEqual((yield* Effect.promise(() => stat(release.dir))).ino, before.ino)
    })
  )

  live("lays the same commit out once when asked for twice at a time", () =>
    Effect.gen(function* () {
      const { app, first, versions } = yield* setUp
      const once = versions.checkout(app, { version: "1.0.0+1.0", commit: first }, null)
      const [a, b] = yield* Effect.all([once, once], { concurrency: 2 })
      assert.deepStrictEqual(a, b)
      assert.deepStrictEqual(yield* names(join(app.dir, "releases")), [first])
    })
  )

  live("clears what a killed checkout left long ago, and neither what is young nor a release", () =>
    Effect.gen(function* () {
      const { app, first, second, versions } = yield* setUp
      const old = join(app.dir, "releases", ".staging-old")
      const young = join(app.dir, "releases", ".staging-young")
      yield* Effect.forEach([old, young], (path) => write(join(path, "recipe", "part"), ""))
      const release = { version: "1.1.0+1.1", commit: second }
      yield* versions.checkout(app, release, null)
      yield* Effect.forEach([old, join(app.dir, "releases", second)], (path) =>
        Effect.promise(() => utimes(path, 1, 1))
      )
      yield* versions.checkout(app, { version: "1.0.0+1.0", commit: first }, null)
      assert.sameMembers(yield* names(join(app.dir, "releases")), [".staging-young", first, second])
      assert.isNotNull(yield* versions.existing(app, release))
    })
  )

  live("checks out repositories with SHA-256 names", () =>
    Effect.gen(function* () {
      const { folder, versions } = yield* setUp
      const recipe = join(folder, "sha256")
      yield* git(folder, "init", "--quiet", "--object-format=sha256", recipe)
      yield* write(join(recipe, "compose.yml"), "new\n")
      const head = yield* commit(recipe, "one")
      const { dir } = yield* versions.checkout(appOf(folder, recipe), { version: "1.0.0", commit: head }, null)
      assert.strictEqual(yield* text(join(dir, "compose.yml")), "new\n")
    })
  )
})

describe("GitVersions.checkout with an env file", () => {
  /** Verifies: LAW-12 */
  live("keeps it with the release, 0600, replaced when given again and gone when none is given", () =>
    Effect.gen(function* () {
      const { app, folder, first, versions } = yield* setUp
      const ref = { version: "1.0.0+1.0", commit: first }
      const envFile = join(folder, "app.env")
      const kept = join(app.dir, "releases", first, "env.1.0.0+1.0")
      yield* write(envFile, "PASSWORD=one\n")
      assert.strictEqual((yield* versions.checkout(app, ref, envFile)).envFile, kept)
      assert.strictEqual(yield* mode(kept), 0o600)
      yield* write(envFile, "PASSWORD=two\n")
      yield* versions.checkout(app, ref, envFile)
      assert.strictEqual(yield* text(kept), "PASSWORD=two\n")
      assert.deepStrictEqual(yield* names(join(app.dir, "releases", first)), ["env.1.0.0+1.0", "recipe"])
      // The release's own env file may be what is given.
      assert.strictEqual((yield* versions.checkout(app, ref, kept)).envFile, kept)
      assert.strictEqual(yield* text(kept), "PASSWORD=two\n")
      assert.strictEqual((yield* versions.existing(app, ref))?.envFile, kept)
      // Another tag of the same commit has an env file of its own.
      yield* write(envFile, "PASSWORD=three\n")
      yield* versions.checkout(app, { ...ref, version: "1.0.1+1.0" }, envFile)
      assert.strictEqual(yield* text(kept), "PASSWORD=two\n")
      assert.isNull((yield* versions.checkout(app, ref, null)).envFile)
      assert.isNull((yield* versions.existing(app, ref))?.envFile)
    })
  )

  live("does not write through a link that lies in the way", () =>
    Effect.gen(function* () {
      const { app, folder, first, versions } = yield* setUp
      const ref = { version: "1.0.0+1.0", commit: first }
      yield* versions.checkout(app, ref, null)
      yield* write(join(folder, "victim"), "untouched")
      yield* link(join(app.dir, "releases", first, "env.1.0.0+1.0.tmp"), join(folder, "victim"))
      yield* link(join(app.dir, "releases", first, "env.1.0.0+1.0"), join(folder, "victim"))
      yield* write(join(folder, "app.env"), "A=1\n")
      const { envFile } = yield* versions.checkout(app, ref, join(folder, "app.env"))
      assert.strictEqual(yield* text(envFile ?? ""), "A=1\n")
      assert.strictEqual(yield* text(join(folder, "victim")), "untouched")
    })
  )

  live("fails when it cannot be read", () =>
    Effect.gen(function* () {
      const { app, folder, first, versions } = yield* setUp
      const ref = { version: "1.0.0+1.0", commit: first }
      yield* Effect.promise(() => mkdir(join(folder, "directory")))
      for (const name of ["missing", "directory"]) {
        const error = yield* Effect.flip(versions.checkout(app, ref, join(folder, name)))
        assert.include(error.reason, "the env file cannot be read")
      }
    })
  )
})

const exists = (path: string) =>
  Effect.promise(() =>
    lstat(path).then(
      () => true,
      () => false
    )
  )
