import { execFileSync } from "node:child_process"
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { InheritedFds } from "../../src/process/Tool.ts"
import { layer } from "../../src/version/GitVersions.ts"
import { gitAs } from "../../src/version/owner.ts"
import { remoteUrl } from "../../src/version/remoteUrl.ts"
import { VersionSource } from "../../src/version/VersionSource.ts"
import { appOf, commit, fetched, git, here, makeRecipe, tempFolder } from "./recipe.ts"

const isRoot = process.getuid?.() === 0

/** What the owner of a repository can put into its configuration, to be started by whoever fetches. `$` is a program. */
const traps: ReadonlyArray<readonly [name: string, url: string, settings: ReadonlyArray<readonly [string, string]>]> = [
  ["core.sshCommand", "ssh://127.0.0.1:1/x", [["core.sshCommand", "$"]]],
  ["a URL of the kind ext::", "ext::$ %S", [["protocol.ext.allow", "always"]]],
  [
    "a URL that is rewritten",
    "https://127.0.0.1:1/x",
    [
      ["url.ext::$ .insteadOf", "https:"],
      ["protocol.ext.allow", "always"]
    ]
  ],
  ["core.gitProxy", "git://127.0.0.1:1/x", [["core.gitProxy", "$"]]],
  ["remote.origin.uploadpack", "ssh://127.0.0.1:1/x", [["remote.origin.uploadpack", "$"]]]
]

/** Verifies: LAW-13, LAW-17 */
describe("a recipe's repository that belongs to another user", () => {
  for (const [name, url, settings] of traps) {
    const title = `starts no program of that user's by ${name}`
    if (!isRoot) it.skip(`${title} (skipped: needs root)`, () => {})
    else
      it.live(title, () =>
        Effect.gen(function* () {
          const folder = yield* tempFolder
          const { recipe } = yield* makeRecipe(folder)
          const proof = join(folder, "was-run")
          const program = join(folder, "program")
          execFileSync("sh", ["-c", `printf '#!/bin/sh\\ntouch ${proof}\\n' > ${program} && chmod 755 ${program}`])
          const own = (text: string) => text.replaceAll("$", program)
          yield* git(recipe, "remote", "add", "origin", own(url))
          for (const [key, value] of settings) yield* git(recipe, "config", own(key), own(value))
          // Owned by us it would be run: the trap works. No program is a protocol, whoever says so.
          const versions = yield* VersionSource
          yield* Effect.ignore(versions.list(appOf(folder, recipe), fetched))
          const works = existsSync(proof)
          execFileSync("rm", ["-f", proof])
          execFileSync("chmod", ["755", folder])
          execFileSync("chown", ["-R", "12345:12345", recipe])
          const error = yield* Effect.flip(versions.list(appOf(folder, recipe), fetched))
          assert.strictEqual(error._tag, "RecipeUnavailable")
          assert.isFalse(existsSync(proof))
          assert.strictEqual(works, ["core.sshCommand", "core.gitProxy"].includes(name), "the trap is none")
        }).pipe(Effect.provide(layer))
      )
  }

  /** A recipe of another user's, which that one can reach. */
  const foreign = Effect.gen(function* () {
    const folder = yield* tempFolder
    const { recipe, second } = yield* makeRecipe(folder)
    execFileSync("chmod", ["755", folder])
    const giveAway = Effect.sync(() => execFileSync("chown", ["-R", "12345:12345", recipe]))
    return { folder, recipe, second, giveAway, app: appOf(folder, recipe), versions: yield* VersionSource }
  })

  it.live.skipIf(!isRoot)("is read like any other, with its remote", () =>
    Effect.gen(function* () {
      const { app, folder, giveAway, recipe, second, versions } = yield* foreign
      yield* git(folder, "clone", "--quiet", "--bare", recipe, join(folder, "remote.git"))
      yield* git(join(folder, "remote.git"), "tag", "1.2.0+1.2", second)
      yield* git(recipe, "remote", "add", "origin", "../remote.git")
      yield* giveAway
      const seen = (fetch: boolean) =>
        Effect.map(versions.list(app, { ...here, fetch }), (offers) => offers.map(({ version }) => version))
      const own = ["1.0.0+1.0", "1.1.0+1.1"]
      assert.deepStrictEqual(yield* seen(false), own)
      assert.deepStrictEqual(yield* seen(true), [...own, "1.2.0+1.2"])
      // Seen once, it stays until the next fetch.
      assert.deepStrictEqual(yield* seen(false), [...own, "1.2.0+1.2"])
      const release = yield* versions.checkout(app, { version: "1.2.0+1.2", commit: second }, null)
      assert.isTrue(existsSync(join(release.dir, "compose.yml")))
      assert.strictEqual((yield* versions.resolve(app, "main", here)).commit, second)
    }).pipe(Effect.provide(layer))
  )

  /** What root can read and the owner cannot: reached by a URL, by alternates, by a link. */
  const reaches: ReadonlyArray<readonly [name: string, set: (recipe: string, secret: string) => void]> = [
    ["a remote", (recipe, secret) => execFileSync("git", ["-C", recipe, "remote", "add", "origin", secret])],
    [
      "a remote by file://",
      (r, secret) => execFileSync("git", ["-C", r, "remote", "add", "origin", `file://${secret}`])
    ],
    [
      "objects/info/alternates and a tag",
      (recipe, secret) => {
        const commit = execFileSync("git", ["-C", secret, "rev-parse", "9.9.9+9"], { encoding: "utf8" })
        writeFileSync(join(recipe, ".git/objects/info/alternates"), `${secret}/.git/objects\n`)
        writeFileSync(join(recipe, ".git/refs/tags/9.9.9+9"), commit)
      }
    ],
    [
      "a link in place of its refs and objects",
      (recipe, secret) => {
        for (const name of ["refs", "objects"]) {
          rmSync(join(recipe, ".git", name), { recursive: true })
          symlinkSync(join(secret, ".git", name), join(recipe, ".git", name))
        }
      }
    ],
    [
      "the file of a worktree",
      (recipe, secret) => {
        rmSync(join(recipe, ".git"), { recursive: true })
        writeFileSync(join(recipe, ".git"), `gitdir: ${secret}/.git\n`)
      }
    ]
  ]
  for (const [name, set] of reaches) {
    it.live.skipIf(!isRoot)(`cannot name a repository that its owner could not read by ${name}`, () =>
      Effect.gen(function* () {
        const { app, folder, giveAway, recipe, versions } = yield* foreign
        const hidden = join(folder, "hidden")
        mkdirSync(hidden, { mode: 0o700 })
        const { recipe: secret } = yield* makeRecipe(hidden)
        // Another commit than any of the recipe's: made in the same second from the same files it would be the same.
        yield* git(secret, "tag", "9.9.9+9", yield* commit(secret, "secret"))
        set(recipe, secret)
        yield* giveAway
        const found = yield* Effect.result(versions.list(app, fetched))
        const seen = Result.isSuccess(found) ? found.success.map(({ version }) => version) : []
        assert.notInclude(seen, "9.9.9+9")
      }).pipe(Effect.provide(layer))
    )
  }

  it.live.skipIf(!isRoot)("cannot write root's files by http.cookieFile, and its includes are not read", () =>
    Effect.gen(function* () {
      const { app, folder, giveAway, recipe, versions } = yield* foreign
      const server = createServer((_, answer) => answer.writeHead(500, { "set-cookie": "a=b; Path=/" }).end())
      yield* Effect.promise(() => new Promise<void>((done) => server.listen(0, "127.0.0.1", done)))
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      const target = join(folder, "of-root")
      writeFileSync(target, "whole\n", { mode: 0o600 })
      yield* git(recipe, "remote", "add", "origin", `http://127.0.0.1:${port}/x.git`)
      yield* git(recipe, "config", "http.cookieFile", target)
      yield* git(recipe, "config", "http.saveCookies", "true")
      yield* giveAway
      const error = yield* Effect.flip(versions.list(app, fetched))
      assert.include(error.message, "fetch failed")
      assert.strictEqual(readFileSync(target, "utf8"), "whole\n")
      server.close()
    }).pipe(Effect.provide(layer))
  )

  /** Verifies: LAW-7 */
  it.live.skipIf(!isRoot)("is read by a git without lastgood's descriptors, including the claim", () =>
    Effect.gen(function* () {
      const folder = yield* tempFolder
      const claim = yield* Effect.acquireRelease(
        Effect.sync(() => openSync(join(folder, "claim"), "w")),
        (fd) => Effect.sync(() => closeSync(fd))
      )
      const looking = ["-c", "alias.fds=!ls -l /proc/self/fd", "fds"]
      const { stdout } = yield* Effect.provideService(gitAs({ uid: 12345, gid: 12345 }, looking), InheritedFds, [claim])
      assert.include(stdout, "/proc/")
      assert.notInclude(stdout, "claim")
    })
  )

  it.live.skipIf(!isRoot)("is refused if it belongs to root and everybody may write to its configuration", () =>
    Effect.gen(function* () {
      const { app, recipe, versions } = yield* foreign
      execFileSync("chmod", ["666", join(recipe, ".git/config")])
      const error = yield* Effect.flip(versions.list(app, here))
      assert.include(error.message, "may be written by every user")
      assert.include(error.next, "LASTGOOD_TRUST=")
    }).pipe(Effect.provide(layer))
  )
})

/** Verifies: LAW-17 */
describe("a remote's URL", () => {
  const kinds = (text: string) => remoteUrl(text, "/srv/recipe")
  it("can be https, http, ssh, git, an scp address, or a local path", () => {
    for (const url of ["https://h/x", "http://h/x", "ssh://h/x", "git://h/x", "git@h:x/y.git"]) {
      assert.deepStrictEqual(kinds(url), { _tag: "Network", url })
    }
    assert.deepStrictEqual(kinds("../x.git"), { _tag: "Local", path: "/srv/x.git" })
    assert.deepStrictEqual(kinds("file:///srv/x.git"), { _tag: "Local", path: "/srv/x.git" })
  })
  it("is refused if it names a program, another protocol or an option, or is not a URL", () => {
    for (const url of ["ext::sh -c id", "fd::3", "::x", "ftp://h/x", "rsync://h/x", "--upload-pack=x", "", "a\nb"]) {
      assert.strictEqual(kinds(url)._tag, "Refused", url)
    }
  })
})
