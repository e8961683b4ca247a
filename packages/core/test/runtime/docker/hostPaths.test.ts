import { mkdir, symlink, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import * as Effect from "effect/Effect"
import { isInside, pathsNamedIn } from "../../../src/runtime/docker/hostPaths.ts"
import { readHostPaths } from "../../../src/runtime/docker/readHostPaths.ts"

const outside = (document: unknown) =>
  pathsNamedIn(document, "/r")
    .filter(({ file }) => !isInside("/r", file))
    .map(({ at, path }) => `${at}: ${path}`)

const variable = (text: string) => `$\{${text}}`
const web = (service: unknown) => ({ services: { web: service } })

/** Verifies: LAW-17 */
describe("host files that a compose file names", () => {
  it.each([
    ["env_file", web({ env_file: "/etc/shadow" }), ["services.web.env_file: /etc/shadow"]],
    [
      "a list of env files",
      web({ env_file: ["a.env", { path: "../b.env", required: false }] }),
      ["services.web.env_file: ../b.env"]
    ],
    ["label_file", web({ label_file: ["/etc/l"] }), ["services.web.label_file: /etc/l"]],
    ["extends", web({ extends: { file: "../x.yml", service: "a" } }), ["services.web.extends.file: ../x.yml"]],
    ["extends of a service", web({ extends: "other" }), []],
    ["a build context", web({ build: "/root" }), ["services.web.build: /root"]],
    ["a context by name", web({ build: { context: "../.." } }), ["services.web.build.context: ../.."]],
    [
      "a dockerfile, from its context",
      web({ build: { context: "a", dockerfile: "../../D" } }),
      ["services.web.build.dockerfile: ../../D"]
    ],
    ["a dockerfile inside", web({ build: { context: "a", dockerfile: "../D" } }), []],
    ["a repository as context", web({ build: "https://example.org/x.git" }), []],
    [
      "further contexts",
      web({ build: { context: ".", additional_contexts: { a: "/srv", b: "docker-image://c" } } }),
      ["services.web.build.additional_contexts.a: /srv"]
    ],
    [
      "configs and secrets",
      { configs: { c: { file: "/etc/passwd" } }, secrets: { s: { file: "./own" }, e: { external: true } } },
      ["configs.c.file: /etc/passwd"]
    ],
    [
      "include",
      { include: ["in.yml", { path: ["/o.yml"], env_file: "/o.env" }] },
      ["include: /o.yml", "include.env_file: /o.env"]
    ],
    ["a home folder", web({ env_file: "~/.ssh/id" }), ["services.web.env_file: ~/.ssh/id"]],
    [
      "a default of the recipe's",
      web({ env_file: variable("X:-/etc/shadow") }),
      [`services.web.env_file: ${variable("X:-/etc/shadow")}`]
    ],
    ["a variable of the operator's", web({ env_file: [`${variable("X")}/a`, "$Y", variable("Z:?say it")] }), []],
    ["what leaves and comes back", web({ env_file: "../r/a.env" }), []],
    ["no compose file at all", "text", []]
  ] as const)("%s", (_, document, expected) => {
    assert.deepStrictEqual(outside(document), [...expected])
  })

  it.live("are found through links and included compose files", () =>
    Effect.gen(function* () {
      const dir = yield* temporaryFolder()
      yield* Effect.promise(async () => {
        await mkdir(join(dir, "more"))
        await symlink("/etc/hostname", join(dir, "link.env"))
        await writeFile(join(dir, "own.env"), "")
        await writeFile(
          join(dir, "compose.yml"),
          "include: [more/a.yml]\nservices: { web: { env_file: [own.env, link.env, gone.env] } }\n"
        )
        // It includes the first one again: the reader does not loop.
        await writeFile(
          join(dir, "more/a.yml"),
          "services: { b: { env_file: [../own.env, ../../up.env], extends: { file: ../compose.yml } } }\n"
        )
      })
      assert.deepStrictEqual(yield* readHostPaths(dir, [join(dir, "compose.yml")]), [
        { file: "compose.yml", at: "services.web.env_file", path: "link.env" },
        { file: "more/a.yml", at: "services.b.env_file", path: "../../up.env" }
      ])
    }).pipe(Effect.scoped)
  )
})
