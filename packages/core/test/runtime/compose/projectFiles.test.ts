// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are compose variables, not templates.
/** Whose the files are that a project's compose files name, and what is missing, on real files. */
import { mkdir, truncate, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import * as Effect from "effect/Effect"
import { execa } from "execa"
import { projectFiles } from "../../../src/runtime/compose/projectFiles.ts"

const written = Effect.fnUntraced(function* (files: Readonly<Record<string, string>>) {
  const folder = yield* temporaryFolder()
  for (const [path, text] of Object.entries(files)) {
    yield* Effect.promise(() => mkdir(dirname(join(folder, path)), { recursive: true }))
    yield* Effect.promise(() => writeFile(join(folder, path), text))
  }
  return folder
})

const main = `
include: [parts/db.yml]
services:
  web:
    image: \${IMAGE:?}
    env_file:
      - brought.env
      - own.env
      - \${NAMED}.env
      - { path: maybe.env, required: false }
      - gone.env
    labels: { a: "\${LABEL:?say which}", b: "\${DEFAULT:-x}" }
    extends: { file: own/base.yml, service: web }
secrets: { s: { file: ./secrets/key } }
configs: { c: { file: ./none.conf }, abs: { file: /etc/hosts } }
`

describe("the files of a project", () => {
  /** Verifies: LAW-14 */
  it.live("are the operator's where the version lacks them, and everything that is missing is named at once", () =>
    Effect.gen(function* () {
      const release = yield* written({
        "compose.yml": main,
        "brought.env": "",
        "parts/db.yml": "services: { db: { env_file: db.env } }"
      })
      const folder = yield* written({
        "brought.env": "",
        "own.env": "",
        "by-name.env": "",
        "own/base.yml": "services: { web: { env_file: [base.env, also-gone.env] } }",
        "own/base.env": "",
        "parts/db.env": "",
        "secrets/key": "",
        "data/unrelated": ""
      })
      const found = yield* projectFiles({ dir: release }, folder, {
        files: [join(release, "compose.yml")],
        variables: { NAMED: "by-name" }
      })
      assert.deepStrictEqual(found.own, [
        "by-name.env",
        "own.env",
        "own/base.env",
        "own/base.yml",
        "parts/db.env",
        "secrets/key"
      ])
      assert.deepStrictEqual(found.missing, [
        { path: "gone.env", at: "services.web.env_file", use: "env" },
        { path: "none.conf", at: "configs.c.file", use: "content" },
        { path: "own/also-gone.env", at: "services.web.env_file", use: "env" }
      ])
      assert.deepStrictEqual(found.unset, ["IMAGE", "LABEL"])
      const copy = yield* written({ "gone.env": "", "none.conf": "", "own/also-gone.env": "" })
      const kept = yield* projectFiles({ dir: release, operatorFiles: copy }, folder, {
        files: [join(release, "compose.yml")],
        variables: { NAMED: "by-name" }
      })
      assert.deepStrictEqual(kept.missing, [])
    })
  )

  it.live("of an app without a folder are those of its version", () =>
    Effect.gen(function* () {
      const release = yield* written({ "compose.yml": "services: { a: { env_file: [b.env, c.env] } }", "b.env": "" })
      const found = yield* projectFiles({ dir: release }, release, {
        files: [join(release, "compose.yml")],
        variables: {}
      })
      assert.deepStrictEqual(found, {
        own: [],
        read: [],
        outside: [],
        kept: new Map(),
        settings: ["b.env"],
        missing: [{ path: "c.env", at: "services.a.env_file", use: "env" }],
        unusable: [],
        unset: [],
        composeFiles: [join(release, "compose.yml")],
        paths: ["compose.yml", "b.env"],
        name: null,
        profiles: new Map(),
        pathVariables: new Set<string>()
      })
    })
  )

  it.live("tell the project's name, the profiles of services, and the variables in what they mount", () =>
    Effect.gen(function* () {
      const folder = yield* written({
        "compose.yml": "name: shop\ninclude: [parts/db.yml]\nservices: { web: { volumes: ['${UPLOADS:?}:/data'] } }",
        "override.yml": "name: ${NAME}\nservices: { web: { volumes: [{ type: bind, source: $MORE, target: /m }] } }",
        "parts/db.yml": "name: other\nservices: { db: { image: $DB, profiles: [sql, all] } }"
      })
      const found = yield* projectFiles({ dir: folder }, folder, {
        files: ["compose.yml", "override.yml"].map((name) => join(folder, name)),
        variables: { UPLOADS: "./uploads" }
      })
      assert.strictEqual(found.name, "shop")
      assert.deepStrictEqual(found.profiles, new Map([["db", ["sql", "all"]]]))
      assert.deepStrictEqual(found.pathVariables, new Set(["UPLOADS", "MORE"]))
    })
  )

  /** Verifies: LAW-14 */
  it.live("that docker compose would wait for, or read for minutes, are named", () =>
    Effect.gen(function* () {
      const folder = yield* written({
        "compose.yml": "services: { a: { env_file: [pipe.env, /dev/zero, fine.env] } }\ninclude: [parts/big.yml]",
        "parts/big.yml": "services: { b: { env_file: big.env } }",
        "fine.env": ""
      })
      yield* Effect.promise(async () => {
        await execa("mkfifo", [join(folder, "pipe.env")])
        await writeFile(join(folder, "parts/big.env"), "")
        await truncate(join(folder, "parts/big.env"), (16 << 20) + 1)
      })
      const { composeFiles, unusable } = yield* projectFiles({ dir: folder }, folder, {
        files: [join(folder, "compose.yml")],
        variables: {}
      })
      assert.deepStrictEqual(
        unusable.map(({ at, path, why }) => `${at} ${path} ${why}`),
        [
          `services.a.env_file ${join(folder, "pipe.env")} is a pipe`,
          "services.a.env_file /dev/zero is a device",
          `services.b.env_file ${join(folder, "parts/big.env")} is larger than 16 MiB`
        ]
      )
      assert.deepStrictEqual(
        composeFiles,
        ["compose.yml", "parts/big.yml"].map((path) => join(folder, path))
      )
    })
  )
})
