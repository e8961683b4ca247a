/** `versions:` of an app: what each form means, and what is said of those that cannot be meant. */
import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { parseConfig } from "../../src/config/parseConfig.ts"

const place = { file: "/etc/lastgood/lastgood.yaml", folder: "/etc/lastgood", home: "/root", abraDir: "/root/.abra" }
const parse = (versions: string, runtime: string) =>
  parseConfig(
    `apps:\n  a:\n    recipe: ./a\n    runtime: ${runtime}\n    domain: a.example.org\n    versions: ${versions}\n`,
    place,
    () => "/var/lib/lastgood"
  )
const meaning = (versions: string, runtime = "compose") =>
  Result.getOrThrow(parse(versions, runtime)).config.apps[0]?.versions
const problem = (versions: string, runtime = "compose") => {
  const result = parse(versions, runtime)
  return Result.isFailure(result)
    ? result.failure.problems.map(({ line, column, text }) => `${line}:${column} ${text}`)
    : []
}

const web = { service: "web", name: null }
const anyService = { service: null, name: null }

describe("versions:", () => {
  it.each([
    ["tags", { kind: "tags" }],
    ["{ branch: release/2 }", { kind: "branch", branch: "release/2" }],
    ["digest", { kind: "images", rules: [], fixed: [] }],
    [
      "{ digest: latest }",
      { kind: "images", rules: [{ ...anyService, following: { by: "digest", tag: "latest" } }], fixed: [] }
    ],
    [
      "{ image: { name: ghcr.io/acme/app, service: web, tags: semver } }",
      { kind: "images", rules: [{ service: "web", name: "ghcr.io/acme/app", following: { by: "semver" } }], fixed: [] }
    ],
    [
      "{ image: [{ service: web, tags: '2.*-alpine' }], digest: { service: db }, fixed: [cache] }",
      {
        kind: "images",
        rules: [
          { ...web, following: { by: "glob", glob: "2.*-alpine" } },
          { service: "db", name: null, following: { by: "digest", tag: null } }
        ],
        fixed: ["cache"]
      }
    ]
  ])("%s", (text, expected) => assert.deepStrictEqual(meaning(text), expected))

  it.each([
    ["releases", "swarm", "expected `tags`, `digest`, or one of `branch:`, `image:`, `digest:`, found `releases`"],
    ["{}", "swarm", "it is empty; write `branch:`, `image:` or `digest:`, or leave it out for tags"],
    [
      "{ brunch: main }",
      "swarm",
      "there is no such key (did you mean `branch`?), allowed here: branch, image, digest, fixed"
    ],
    ["{ branch: main, digest: latest }", "swarm", "a branch says the images too; leave out digest"],
    ["{ branch: '--upload-pack=x' }", "swarm", "it is not the name of a branch"],
    ["{ branch: a..b }", "swarm", "it is not the name of a branch"],
    ["{ image: [{ service: a }, {}] }", "swarm", "there is more than one image: say of each which `service:` it is"],
    ["{ image: { service: a }, digest: { service: a } }", "swarm", "the service `a` is followed twice; keep one"],
    ["{ image: { service: a }, fixed: [a] }", "swarm", "the service `a` is followed as well; keep one"],
    [
      "{ image: { name: 'acme/app:1' } }",
      "swarm",
      "`acme/app:1` is not an image without a tag, such as `ghcr.io/acme/app`"
    ],
    ["{ image: { name: 'a b' } }", "swarm", "`a b` is not an image without a tag, such as `ghcr.io/acme/app`"],
    ["{ image: { tags: '1.x; id' } }", "swarm", "expected `semver`, or a pattern such as `16.*-alpine`"],
    ["digest", "abra", "images are for swarm and compose; a recipe of abra has tags, or a branch"]
  ])("refuses %s on %s", (text, runtime, expected) => {
    const [found = ""] = problem(text, runtime)
    assert.include(found, expected)
    assert.match(found, /^6:\d+ `apps\.a\.versions/)
  })
})
