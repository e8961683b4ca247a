/** The file that is written for a host is valid as it stands, whatever was found. */
import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { parseConfig } from "../../src/config/parseConfig.ts"
import type { ProjectFacts } from "../../src/init/AppEntry.ts"
import type { PortAnswer } from "../../src/init/checks.ts"
import type { FoundHost } from "../../src/init/Found.ts"
import { otherEntries } from "../../src/init/otherEntries.ts"
import { projectEntry } from "../../src/init/projectEntry.ts"
import { configFor } from "../../src/init/write.ts"
import { readWatchtower } from "../../src/runtime/docker/Watchtower.ts"
import { facts, host, project, service } from "./host.ts"

const place = { file: "/etc/lastgood/lastgood.yaml", folder: "/etc/lastgood", home: "/root", abraDir: "/root/.abra" }

const written = (found: ReadonlyArray<ProjectFacts>, of: Partial<FoundHost> = {}) => {
  const here = host(of)
  const entries = [...found.map((one) => projectEntry(one, here.watchtowers)), ...otherEntries(here)]
  const { text } = configFor(here, entries)
  const parsed = parseConfig(text, place, () => "/var/lib/lastgood")
  if (Result.isFailure(parsed)) assert.fail(`${parsed.failure.message}\n${text}`)
  return { text, apps: parsed.success.config.apps }
}
const one = (more: Partial<ProjectFacts> = {}, of: Partial<FoundHost> = {}) => {
  const { apps, text } = written([facts(more)], of)
  return { text, app: apps[0] ?? assert.fail(text) }
}
const port = (answer: PortAnswer, more: object = {}) => ({
  ...{ address: "127.0.0.1", port: 8080, protocol: "tcp", service: "web", answer },
  ...more
})
const question = (path: string, answers: ReadonlyArray<"own" | "external"> = ["own", "external"]) => ({
  ...{ path, name: path, services: ["web"], bytes: 1_200_000_000, isPartial: false, answers },
  reasons: [answers.length === 1 ? "belongs to the engine" : "is mounted by container x too"]
})

describe("A project in the configuration", () => {
  it("has its folder, and its name where that is another", () => {
    const { app } = one()
    assert.deepStrictEqual(
      [app.name, app.runtime, app.recipe, app.folder],
      ["shop", "compose", "/srv/shop", "/srv/shop"]
    )
    assert.strictEqual(app.stack, "shop")
    assert.strictEqual(one({ project: project({ name: "other" }) }).app.stack, "other")
  })

  it("follows each image as its tag suggests", () => {
    const image = (name: string, follow: "semver" | "digest" | "pinned" | "local") => ({
      ...{ service: name, image: `${name}:1`, follow }
    })
    const from = (...images: ProjectFacts["images"]) => one({ images }).app.versions
    assert.deepStrictEqual(from(image("web", "digest")), { kind: "images", rules: [], fixed: [] })
    assert.deepStrictEqual(from(image("web", "semver"), image("db", "digest"), image("own", "local")), {
      kind: "images",
      rules: [{ service: "web", name: null, following: { by: "semver" } }],
      fixed: ["own"]
    })
    assert.deepStrictEqual(from(image("web", "pinned")), { kind: "images", rules: [], fixed: [] })
  })

  it("follows the tags of its repository", () => {
    const { app, text } = one({ tags: { newest: "1.2.0", here: "1.1.0" } })
    assert.deepStrictEqual(app.versions, { kind: "tags" })
    assert.include(text, "--version 1.1.0")
  })

  it("has the answers that leave no choice, and the others as comments", () => {
    const { app, text } = one({ questions: [question("/run/docker-root", ["external"]), question("/srv/media")] })
    assert.deepStrictEqual([...app.data], [["/run/docker-root", "external"]])
    assert.include(text, '# "/srv/media": own # or external')
    assert.match(text, /OPEN: web can write to \/srv\/media \(1\.20 GB\)/)
  })

  /** Verifies: LAW-15 */
  it("does not answer for a volume without a name, which may hold data", () => {
    const unnamed = {
      ...{
        name: "db:/data",
        path: null,
        services: ["db"],
        bytes: null,
        isPartial: false,
        answers: ["external" as const]
      },
      reasons: ["is a volume without a name"]
    }
    const { app, text } = one({ questions: [unnamed] })
    assert.deepStrictEqual([...app.data], [])
    assert.include(text, "# OPEN: db:/data is a volume without a name.")
    assert.include(text, '#   "db:/data": external')
    assert.notInclude(text, "null")
  })

  it("is valid when the comments of its questions are removed", () => {
    const { text } = one({ questions: [question("/srv/media"), question("./a b")] })
    const answered = text.replaceAll(/^( *)# (?=data:| +")/gm, "$1")
    const parsed = Result.getOrThrow(parseConfig(answered, place, () => "/var/lib/lastgood")).config
    assert.deepStrictEqual(
      [...(parsed.apps[0]?.data ?? [])],
      [
        ["/srv/media", "own"],
        ["/srv/shop/a b", "own"]
      ]
    )
  })

  it("has checks of its ports and HEALTHCHECKs", () => {
    const services = [service("web"), service("worker", { hasHealthcheck: true })]
    const { app } = one({ project: project({ services }), ports: [port({ kind: "http", status: 302 })] })
    assert.deepStrictEqual(
      app.gate.checks.map(({ kind }) => kind),
      ["http", "container"]
    )
    const [first] = one({ ports: [port({ kind: "http", status: 500 })] }).app.gate.checks
    assert.strictEqual(first?.kind, "tcp")
    assert.strictEqual(one({ ports: [port({ kind: "closed" })] }).app.gate.checks.length, 0)
    assert.strictEqual(
      one({ ports: [port({ kind: "open" }, { address: "::1" })] }).app.gate.checks[0]?.name,
      "tcp [::1]:8080"
    )
  })

  it("has the plugin for its databases", () => {
    const services = [service("web"), service("db", { image: "docker.io/library/postgres:17" })]
    const { text } = one({ project: project({ services }), ports: [port({ kind: "http", status: 200 })] })
    assert.include(text, "plugin: generic")
    assert.include(text, "databases: { db: postgres }")
  })

  it("takes over what Watchtower was told", () => {
    const tower = readWatchtower("watchtower", true, ["WATCHTOWER_SCHEDULE=0 30 4 * * *"], [])
    const { app, text } = one({}, { watchtowers: [tower] })
    assert.strictEqual(app.schedule, "0 30 4 * * *")
    assert.include(text, "docker stop watchtower")
    const wrong = readWatchtower("watchtower", true, ["WATCHTOWER_SCHEDULE=whenever"], [])
    assert.strictEqual(one({}, { watchtowers: [wrong] }).app.schedule, null)
  })

  it("that cannot be taken is a comment with the reason", () => {
    const obstacles = [{ what: "the service web is built from the recipe", next: "push its image" }]
    const { apps, text } = written([facts({ obstacles })])
    assert.deepStrictEqual(apps, [])
    assert.include(text, "NOT TAKEN: the service web is built from the recipe. To take it: push its image.")
  })
})

describe("Other apps in the configuration", () => {
  it("are those of abra that run here, and stacks as comments", () => {
    const abra = ["wiki.example.org", "away.example.org"].map((domain) => ({
      ...{ domain, server: "default", recipe: "wiki", version: "1.0.0+2.0.0" }
    }))
    const stacks = ["wiki_example_org", "plain"].map((name) => ({
      ...{ name, services: [{ service: "app", image: "wiki:2" }], isManaged: false }
    }))
    const { apps, text } = written([], { abra, stacks })
    assert.deepStrictEqual(
      apps.map(({ domain, recipe, runtime }) => [domain, recipe, runtime]),
      [["wiki.example.org", "/root/.abra/recipes/wiki", "abra"]]
    )
    assert.include(text, "The stack plain: app (wiki:2)")
    assert.notInclude(text, "The stack wiki_example_org")
  })

  it("may be none", () => {
    assert.deepStrictEqual(written([], { loose: ["hello"] }).apps, [])
  })
})

describe("Names that anybody may have chosen", () => {
  const hostile = [
    "a: b",
    "x\ny: 1",
    "q\"uo'te",
    "# c",
    "- d",
    "*ref",
    "true",
    "1e3",
    "\u2028",
    "ünï",
    "$X",
    "{a}",
    "@"
  ]

  it.each(hostile)("cannot leave their place: %j", (name) => {
    const folder = `/srv/${name.replaceAll("\n", "")}/x`
    const found = facts({
      project: project({
        name: "shop",
        folder,
        envFiles: [`${folder}/e ${name.replaceAll("\n", "")}`],
        services: [service(name, { image: name, labels: { "com.centurylinklabs.watchtower.depends-on": name } })]
      }),
      recipe: folder,
      files: [name],
      profiles: [name],
      images: [{ service: name, image: name, follow: "semver" }],
      data: [{ kind: "folder", name, path: name, services: [name], bytes: 1, isPartial: false }],
      questions: [question(`/srv/${name.replaceAll("\n", "")}`, ["external"])],
      hazards: [{ what: name, next: name }]
    })
    const { apps } = written([found], { loose: [name] })
    assert.deepStrictEqual([apps.length, apps[0]?.folder], [1, folder])
  })

  it("that are equal are told apart", () => {
    const stacks = [{ name: "shop", services: [], isManaged: false }]
    assert.include(written([facts()], { stacks }).text, "# shop-2:")
  })
})
