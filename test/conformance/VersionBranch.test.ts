/** The versions of a recipe are the commits of a branch. */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { changeBetween } from "@lastgood/core/domain/Version"
import { VersionSource } from "@lastgood/core/version/VersionSource"
import { layer } from "@lastgood/core/version/VersionsLive"
import { git } from "@lastgood/testing/git"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import { testApp } from "@lastgood/testing/testApp"
import * as Effect from "effect/Effect"
import { makeRepository } from "./gitRemote.ts"
import { lookingAt } from "./lookingAt.ts"
import { suite } from "./VersionSourceSuite.ts"

const branch = { kind: "branch", branch: "main" } as const

suite(
  "a branch",
  (folder) =>
    Effect.gen(function* () {
      const { away, clone, commit } = yield* makeRepository(folder)
      return {
        app: testApp({
          name: "web",
          runtime: "compose",
          recipe: clone,
          versions: branch,
          dir: join(folder, "root/web")
        }),
        publish: (step) => commit(step === "minor" ? "1.1.0" : "2.0.0"),
        move: commit("1.0.0"),
        // A commit of a branch has no other name.
        drop: Effect.void,
        away
      }
    }),
  { movedIsOffered: true }
)

describe("versions of a branch", () => {
  it.live("are the commits that touch the recipe's folder, in a repository of many", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder()
      const repository = join(folder, "infra")
      const recipe = join(repository, "apps/web")
      mkdirSync(recipe, { recursive: true })
      yield* git(repository, "init", "--quiet", "-b", "main")
      const commit = Effect.fnUntraced(function* (file: string, text: string) {
        writeFileSync(join(repository, file), text)
        yield* git(repository, "add", "--all")
        yield* git(repository, "commit", "--quiet", "-m", file)
      })
      const compose = (web: string, db: string) =>
        `services:\n  web:\n    image: acme/web:${web}\n  db:\n    image: postgres:${db}\n`
      yield* commit("apps/web/compose.yml", compose("1.0.0", "16.4"))
      const versions = yield* VersionSource
      const app = testApp({ name: "web", runtime: "compose", recipe, versions: branch, dir: join(folder, "root/web") })
      const [first, ...others] = yield* versions.list(app, lookingAt(null))
      assert.isEmpty(others)
      assert.match(first?.version ?? "", /^1-[0-9a-f]{7}\+db=16\.4,web=1\.0\.0$/)
      const ref = first ?? assert.fail()
      yield* commit("README", "elsewhere")
      yield* commit("apps/web/compose.yml", compose("1.1.0", "16.4"))
      yield* commit("apps/web/compose.yml", compose("1.1.0", "17.0"))
      const offers = yield* versions.list(app, lookingAt(ref))
      assert.deepStrictEqual(
        offers.map(({ version }) => [version.replace(/-\w+/, ""), changeBetween(ref.version, version)]),
        [
          ["1+db=16.4,web=1.0.0", "patch"],
          ["3+db=16.4,web=1.1.0", "minor"],
          ["4+db=17.0,web=1.1.0", "major"]
        ]
      )
      const release = yield* versions.checkout(app, offers[1] ?? assert.fail(), null)
      assert.deepStrictEqual(readdirSync(release.dir), ["compose.yml"])
      const named = yield* versions.find(app, offers[2]?.commit.slice(0, 9) ?? "", lookingAt(ref))
      assert.strictEqual(named?.commit, offers[2]?.commit)
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.live("have the images of the app's own folder, also of a commit that changes several folders", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder()
      const repository = join(folder, "infra")
      const appIn = (name: string, image: string) => {
        const recipe = join(repository, name)
        mkdirSync(recipe, { recursive: true })
        writeFileSync(join(recipe, "compose.yml"), `services:\n  web:\n    image: ${image}\n`)
        return testApp({ name, runtime: "compose", recipe, versions: branch, dir: join(folder, "root", name) })
      }
      const apps = [appIn("wiki", "acme/wiki:1.0.0"), appIn("shop", "acme/shop:7.0.0")]
      yield* git(repository, "init", "--quiet", "-b", "main")
      yield* git(repository, "add", "--all")
      yield* git(repository, "commit", "--quiet", "-m", "both")
      const versions = yield* VersionSource
      const offers = yield* Effect.forEach(apps, (app) => versions.list(app, lookingAt(null)))
      assert.deepStrictEqual(
        offers.flat().map(({ version }) => version.replace(/-\w+/, "")),
        ["1+web=1.0.0", "1+web=7.0.0"]
      )
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.live("end where a branch was rewritten: what runs is not on it any more", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder()
      const { clone, commit, remote } = yield* makeRepository(folder)
      const app = testApp({
        name: "web",
        runtime: "compose",
        recipe: clone,
        versions: branch,
        dir: join(folder, "root/web")
      })
      const versions = yield* VersionSource
      yield* commit("1.1.0")
      const ref = (yield* versions.list(app, lookingAt(null))).at(-1) ?? assert.fail()
      yield* git(remote, "reset", "--quiet", "--hard", "HEAD~1")
      yield* commit("1.2.0")
      const error = yield* Effect.flip(versions.list(app, lookingAt(ref)))
      assert.match(error.message, /does not contain the running version .*: its history was rewritten/)
    }).pipe(Effect.scoped, Effect.provide(layer))
  )
})
