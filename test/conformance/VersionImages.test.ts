/** The versions of a recipe are the images of its services: their tags, or what a tag is at the time. */
import { chownSync, mkdirSync, readdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import { changeBetween, compareVersions, postgresMajor } from "@lastgood/core/domain/Version"
import type { ImageRule } from "@lastgood/core/domain/VersionsFrom"
import { VersionSource } from "@lastgood/core/version/VersionSource"
import { layer } from "@lastgood/core/version/VersionsLive"
import {
  dropTag,
  missingRegistry,
  push,
  startRegistry,
  type TestImage,
  type TestRegistry
} from "@lastgood/testing/registry"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import { testApp } from "@lastgood/testing/testApp"
import * as Effect from "effect/Effect"
import { describeNeeding } from "../needing.ts"
import { lookingAt } from "./lookingAt.ts"
import { suite } from "./VersionSourceSuite.ts"

const month = (number: number): string => new Date(Date.UTC(2026, number - 1, 1)).toISOString()

const recipeOf = (folder: string, registry: TestRegistry, services: Readonly<Record<string, string>>): string => {
  const recipe = join(folder, "recipe")
  mkdirSync(recipe, { recursive: true })
  const lines = Object.entries(services).map(([name, image]) => `  ${name}:\n    image: ${registry.host}/${image}\n`)
  writeFileSync(join(recipe, "compose.yml"), `services:\n${lines.join("")}`)
  return recipe
}

const appOf = (folder: string, recipe: string, rules: ReadonlyArray<ImageRule>, fixed: ReadonlyArray<string> = []) =>
  testApp({
    name: "web",
    runtime: "compose",
    recipe,
    versions: { kind: "images", rules, fixed },
    dir: join(folder, "root/web")
  })

const rule = (service: string, following: ImageRule["following"]): ImageRule => ({ service, name: null, following })
const bySemver = { by: "semver" } as const
const byTag = { by: "digest", tag: null } as const

const labelled = (version: string, created: string, salt = ""): TestImage => ({
  created,
  salt,
  labels: { "org.opencontainers.image.version": version }
})

const missing = missingRegistry()

suite(
  "image tags, by their numbers",
  (folder) =>
    Effect.gen(function* () {
      const registry = yield* startRegistry()
      const make = (tag: string, salt = "") =>
        Effect.asVoid(push(registry, "acme/app", tag, { salt, created: month(1) }))
      yield* make("1.0.0")
      return {
        app: appOf(folder, recipeOf(folder, registry, { web: "acme/app:1.0.0" }), [rule("web", bySemver)]),
        publish: (step) => make(step === "minor" ? "1.1.0" : "2.0.0"),
        move: make("1.0.0", "rebuilt"),
        drop: Effect.sync(() => dropTag(registry, "acme/app", "1.0.0")),
        away: Effect.andThen(Effect.sync(registry.stop), Effect.sleep(100))
      }
    }),
  { missing, movedIsOffered: true }
)

suite(
  "image tags that match a pattern, by their time",
  (folder) =>
    Effect.gen(function* () {
      const registry = yield* startRegistry()
      let made = 0
      const make = Effect.fnUntraced(function* (tag: string) {
        made += 1
        yield* push(registry, "acme/app", tag, { created: month(made) })
      })
      yield* make("1.0-alpine")
      yield* make("9.0-debian")
      return {
        app: appOf(folder, recipeOf(folder, registry, { web: "acme/app:1.0-alpine" }), [
          rule("web", { by: "glob", glob: "*-alpine" })
        ]),
        publish: (step) => make(step === "minor" ? "1.1-alpine" : "2.0-alpine"),
        move: make("1.0-alpine"),
        drop: Effect.sync(() => dropTag(registry, "acme/app", "1.0-alpine")),
        away: Effect.andThen(Effect.sync(registry.stop), Effect.sleep(100))
      }
    }),
  { missing, movedIsOffered: true }
)

suite(
  "the digest of two images' tags",
  (folder) =>
    Effect.gen(function* () {
      const registry = yield* startRegistry()
      let made = 1
      const make = Effect.fnUntraced(function* (name: string, tag: string, version: string) {
        made += 1
        yield* push(registry, name, tag, labelled(version, month(made)))
      })
      yield* make("acme/app", "latest", "1.0.0")
      yield* make("acme/db", "stable", "16.4")
      return {
        app: appOf(folder, recipeOf(folder, registry, { web: "acme/app:latest", db: "acme/db:stable" }), []),
        // One of the two brings a major, and the other one does not: there is a version without it.
        publish: (step) => (step === "minor" ? make("acme/app", "latest", "1.1.0") : make("acme/db", "stable", "17.0")),
        move: make("acme/app", "latest", "1.0.0"),
        drop: Effect.sync(() => dropTag(registry, "acme/app", "latest")),
        away: Effect.andThen(Effect.sync(registry.stop), Effect.sleep(100))
      }
    }),
  { missing, movedIsOffered: true }
)

describeNeeding("LASTGOOD_TEST_REGISTRY", missing, "versions of images", () => {
  const scene = Effect.gen(function* () {
    const folder = yield* temporaryFolder()
    const registry = yield* startRegistry()
    return { folder, registry, versions: yield* VersionSource }
  })
  const live = (name: string, body: Effect.Effect<void, unknown, VersionSource | import("effect/Scope").Scope>) =>
    it.live(name, () => body.pipe(Effect.scoped, Effect.provide(layer)))

  live(
    "are deployed by their digest, and record what the image says of itself",
    Effect.gen(function* () {
      const { folder, registry, versions } = yield* scene
      const digest = yield* push(registry, "acme/app", "1.0.0", {
        created: month(2),
        labels: { "org.opencontainers.image.source": "https://git.example.org/app" }
      })
      const app = appOf(folder, recipeOf(folder, registry, { web: "acme/app:1.0.0" }), [])
      const [offer] = yield* versions.list(app, lookingAt(null))
      assert.match(offer?.version ?? "", /^1-[0-9a-f]{7}\+web=1\.0\.0$/)
      assert.strictEqual(offer?.at, Date.UTC(2026, 1, 1))
      const release = yield* versions.checkout(app, offer ?? assert.fail(), null)
      assert.deepStrictEqual(release.images, {
        web: {
          image: `${registry.host}/acme/app:1.0.0@${digest}`,
          version: "1.0.0",
          source: "https://git.example.org/app",
          revision: null
        }
      })
    })
  )

  live(
    "of a folder in which the app works have its compose files, and leave alone whatever else is there",
    Effect.gen(function* () {
      const { folder, registry, versions } = yield* scene
      yield* push(registry, "acme/app", "1.0.0", { created: month(2) })
      const recipe = recipeOf(folder, registry, { web: "acme/app:1.0.0" })
      const holding = appOf(folder, recipe, [])
      writeFileSync(join(recipe, "backup.sql"), "")
      truncateSync(join(recipe, "backup.sql"), 65 * 1024 * 1024)
      symlinkSync("/etc", join(recipe, "link"))
      mkdirSync(join(recipe, "media"))
      chownSync(join(recipe, "media"), 999, 999)
      const app = { ...holding, folder: recipe }
      const [offer] = yield* versions.list(app, lookingAt(null))
      const release = yield* versions.checkout(app, offer ?? assert.fail(), null)
      assert.deepStrictEqual(readdirSync(release.dir), ["compose.yml"])
      writeFileSync(join(recipe, "backup.sql"), "smaller")
      const [same, ...others] = yield* versions.list(app, lookingAt(offer ?? null))
      assert.deepStrictEqual([same?.version, others], [offer?.version, []])
      // Whoever names the folder as the recipe alone has a folder to clean up.
      const { message } = yield* Effect.flip(versions.list(holding, lookingAt(null)))
      assert.match(message, /another user|leads out of it/)
    })
  )

  live(
    "take the tags that are numbered like the present one, and of those no major by itself",
    Effect.gen(function* () {
      const { folder, registry, versions } = yield* scene
      const tags = ["16.4-alpine", "16.10-alpine", "17.0-alpine", "16.11", "16.12-alpine3.20", "latest", "16-alpine"]
      for (const tag of tags) yield* push(registry, "acme/db", tag, { salt: tag })
      const app = appOf(folder, recipeOf(folder, registry, { db: "acme/db:16.4-alpine" }), [rule("db", bySemver)])
      const values = (offers: ReadonlyArray<{ readonly version: string }>) =>
        offers.map(({ version }) => version.slice(version.indexOf("+") + 1))
      const first = yield* versions.list(app, lookingAt(null))
      assert.deepStrictEqual(values(first), ["db=16.4-alpine", "db=16.10-alpine"])
      const ref = first[0] ?? assert.fail()
      yield* versions.checkout(app, ref, null)
      const offers = yield* versions.list(app, lookingAt(ref))
      assert.deepStrictEqual(values(offers), ["db=16.4-alpine", "db=16.10-alpine", "db=17.0-alpine"])
    })
  )

  live(
    "move together, or one that is named",
    Effect.gen(function* () {
      const { folder, registry, versions } = yield* scene
      for (const name of ["web", "worker", "db"]) yield* push(registry, `acme/${name}`, "1.0.0", { salt: name })
      const services = { web: "acme/web:1.0.0", worker: "acme/worker:1.0.0", db: "acme/db:1.0.0" }
      const app = appOf(
        folder,
        recipeOf(folder, registry, services),
        ["web", "worker", "db"].map((name) => rule(name, bySemver))
      )
      const ref = (yield* versions.list(app, lookingAt(null)))[0] ?? assert.fail()
      yield* versions.checkout(app, ref, null)
      for (const name of ["web", "worker"]) yield* push(registry, `acme/${name}`, "1.1.0", { salt: name })
      yield* push(registry, "acme/db", "2.0.0", { salt: "2" })
      const [, together, major, ...none] = yield* versions.list(app, lookingAt(ref))
      assert.include(together?.version, "+db=1.0.0,web=1.1.0,worker=1.1.0")
      assert.include(major?.version, "+db=2.0.0,web=1.1.0,worker=1.1.0")
      assert.isEmpty(none)
      const alone = yield* versions.find(app, "web=1.1.0", lookingAt(ref))
      assert.include(alone?.version, "+db=1.0.0,web=1.1.0,worker=1.0.0")
      assert.isAbove(compareVersions(alone?.version ?? "", ref.version), 0)
      const unclear = yield* Effect.flip(versions.find(app, "1.1.0", lookingAt(ref)))
      assert.match(unclear.message, /more than one image/)
    })
  )

  /** Verifies: LAW-2 */
  live(
    "never go back to an older image, by a tag that was moved back or by name",
    Effect.gen(function* () {
      const { folder, registry, versions } = yield* scene
      yield* push(registry, "acme/app", "latest", { created: month(5), salt: "new" })
      yield* push(registry, "acme/db", "1.1.0", { salt: "db" })
      yield* push(registry, "acme/db", "1.0.0", { salt: "old" })
      const recipe = recipeOf(folder, registry, { web: "acme/app:latest", db: "acme/db:1.1.0" })
      const app = appOf(folder, recipe, [rule("web", byTag), rule("db", bySemver)])
      const ref = (yield* versions.list(app, lookingAt(null)))[0] ?? assert.fail()
      yield* versions.checkout(app, ref, null)
      yield* push(registry, "acme/app", "latest", { created: month(3), salt: "old" })
      assert.deepStrictEqual(
        (yield* versions.list(app, lookingAt(ref))).map(({ version }) => version),
        [ref.version]
      )
      const named = yield* Effect.flip(versions.find(app, "db=1.0.0", lookingAt(ref)))
      assert.match(named.message, /1\.0\.0 is older than 1\.1\.0, which runs/)
    })
  )

  live(
    "hold a major that somebody writes into the compose file, and take its other changes",
    Effect.gen(function* () {
      const { folder, registry, versions } = yield* scene
      yield* push(registry, "acme/db", "16", labelled("16.4", month(1)))
      yield* push(registry, "acme/db", "17", labelled("17.0", month(1)))
      const recipe = recipeOf(folder, registry, { db: "acme/db:16" })
      const app = appOf(folder, recipe, [])
      const ref = (yield* versions.list(app, lookingAt(null)))[0] ?? assert.fail()
      yield* versions.checkout(app, ref, null)
      recipeOf(folder, registry, { db: "acme/db:17" })
      const [, major, ...none] = yield* versions.list(app, lookingAt(ref))
      assert.strictEqual(changeBetween(ref.version, major?.version ?? ""), "major")
      assert.isEmpty(none)
      const file = join(recipeOf(folder, registry, { db: "acme/db:16" }), "compose.yml")
      writeFileSync(file, `${readFileSync(file, "utf8")}    read_only: true\n`)
      const [, changed] = yield* versions.list(app, lookingAt(ref))
      assert.strictEqual(changeBetween(ref.version, changed?.version ?? ""), "patch")
    })
  )

  /** Verifies: LAW-2 */
  live(
    "show and hold another PostgreSQL behind a floating tag, and behind one that its image's own version does not tell",
    Effect.gen(function* () {
      const { folder, registry, versions } = yield* scene
      const server = (version: string, salt = ""): TestImage => ({
        created: month(version.startsWith("16") ? 1 : 2),
        salt,
        env: [`PG_MAJOR=${version.slice(0, 2)}`, `PG_VERSION=${version}-1.pgdg120+1`]
      })
      yield* push(registry, "library/postgres", "latest", server("16.4"))
      yield* push(registry, "acme/vectors", "0.8.0-pg16", server("16.4", "a"))
      // Its label tells a patch, as if nothing had happened to the data.
      const labels = (version: string) => ({ "org.opencontainers.image.version": version })
      yield* push(registry, "acme/own", "latest", { ...server("16.4", "e"), labels: labels("2.0.0") })
      const recipe = recipeOf(folder, registry, {
        db: "library/postgres:latest",
        own: "acme/own:latest",
        vec: "acme/vectors:0.8.0-pg16"
      })
      const app = appOf(folder, recipe, [rule("vec", bySemver)])
      const ref = (yield* versions.list(app, lookingAt(null)))[0] ?? assert.fail()
      const named = (db: string, own: string, vec: string) => {
        const [pg, ofVec] = [db.slice(0, 2), vec.slice(-2)]
        return `db.pg=${db}-1.pgdg120,own=${own},own.pg=${pg},vec=${vec},vec.pg=${ofVec}`
      }
      assert.include(ref.version, named("16.4", "2.0.0", "0.8.0-pg16"))
      yield* versions.checkout(app, ref, null)
      yield* push(registry, "library/postgres", "latest", server("17.0"))
      yield* push(registry, "acme/own", "latest", { ...server("17.0", "f"), labels: labels("2.0.1") })
      yield* push(registry, "acme/vectors", "0.8.0-pg17", server("17.0", "b"))
      yield* push(registry, "acme/vectors", "0.8.1-pg16", server("16.4", "c"))
      yield* push(registry, "acme/vectors", "0.8.2-pg17", server("17.0", "d"))
      const [, patch, major, ...none] = yield* versions.list(app, lookingAt(ref))
      assert.include(patch?.version, named("16.4", "2.0.0", "0.8.1-pg16"))
      assert.include(major?.version, named("17.0", "2.0.1", "0.8.2-pg17"))
      assert.isEmpty(none)
      assert.deepStrictEqual(
        [patch, major].map((offer) => changeBetween(ref.version, offer?.version ?? "")),
        ["patch", "major"]
      )
      assert.isNotNull(postgresMajor(ref.version, major?.version ?? ""))
    })
  )

  live(
    "are no other for a file that only lies beside, or for data",
    Effect.gen(function* () {
      const { folder, registry, versions } = yield* scene
      yield* push(registry, "acme/app", "latest", { created: month(1) })
      const recipe = recipeOf(folder, registry, { web: "acme/app:latest" })
      const app = appOf(folder, recipe, [])
      const ref = (yield* versions.list(app, lookingAt(null)))[0] ?? assert.fail()
      const release = yield* versions.checkout(app, ref, null)
      mkdirSync(join(recipe, "data"))
      writeFileSync(join(recipe, "data/file"), "x".repeat(1000))
      writeFileSync(join(recipe, "dump.sql"), "later")
      assert.deepStrictEqual(
        (yield* versions.list(app, lookingAt(ref))).map(({ version }) => version),
        [ref.version]
      )
      assert.deepStrictEqual(yield* versions.checkout(app, ref, null), release)
    })
  )

  live(
    "say which service no registry knows, and leave alone those that are fixed",
    Effect.gen(function* () {
      const { folder, registry, versions } = yield* scene
      yield* push(registry, "acme/app", "1.0.0")
      const recipe = recipeOf(folder, registry, { web: "acme/app:1.0.0", own: "made/here:1" })
      const error = yield* Effect.flip(versions.list(appOf(folder, recipe, []), lookingAt(null)))
      assert.match(error.message, /the image of own: .* it has no tag 1/)
      assert.include(error.next, "versions: { fixed: [own] }")
      const [offer] = yield* versions.list(appOf(folder, recipe, [], ["own"]), lookingAt(null))
      assert.include(offer?.version, "+own=1,web=1.0.0")
    })
  )

  /** Verifies: LAW-2 */
  live(
    "leave a fixed image as it runs, by its digest, though its tag has moved, until the recipe names another tag",
    Effect.gen(function* () {
      const { folder, registry, versions } = yield* scene
      const digest = yield* push(registry, "acme/side", "latest", { salt: "one" })
      yield* push(registry, "acme/app", "latest", labelled("1.0.0", month(1)))
      const recipe = recipeOf(folder, registry, { web: "acme/app:latest", side: "acme/side:latest" })
      const app = appOf(folder, recipe, [rule("web", byTag)], ["side"])
      const running = new Map([
        [
          "web",
          `${registry.host}/acme/app:latest@${yield* push(registry, "acme/app", "latest", labelled("1.0.0", month(1)))}`
        ],
        ["side", `${registry.host}/acme/side:latest@${digest}`]
      ])
      const adopted = yield* versions.asRuns(app, lookingAt(null), running)
      assert.isNotNull(adopted)
      if (adopted === null) return
      yield* versions.checkout(app, adopted, null)
      yield* push(registry, "acme/side", "latest", { salt: "two" })
      yield* push(registry, "acme/app", "latest", labelled("1.1.0", month(2)))
      const newest = (yield* versions.list(app, lookingAt(adopted))).at(-1)
      assert.include(newest?.version, "web=1.1.0")
      const release = yield* versions.checkout(app, newest ?? adopted, null)
      assert.strictEqual(release.images?.["side"]?.image, `${registry.host}/acme/side:latest@${digest}`)
      recipeOf(folder, registry, { web: "acme/app:latest", side: "acme/side:2" })
      const renamed = (yield* versions.list(app, lookingAt(newest ?? adopted))).at(-1)
      const next = yield* versions.checkout(app, renamed ?? adopted, null)
      assert.strictEqual(next.images?.["side"]?.image, `${registry.host}/acme/side:2`)
    })
  )
})
