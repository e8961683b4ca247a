import { spawnSync } from "node:child_process"
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { assert, describe, it, vi } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { type DocumentName, documentNames, documents, jsonSchemaText } from "../../../test/docs/jsonDocuments.ts"
import { jsonOf, makeWorld } from "./world.ts"

// One test starts many processes, on machines that may be busy with other tests.
vi.setConfig({ testTimeout: 600_000 })

const folder = fileURLToPath(new URL("../../../docs/json", import.meta.url))

const hasValidator = spawnSync("python3", ["-c", "import jsonschema"]).status === 0

const validate = `
import json, sys, jsonschema
schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
jsonschema.Draft202012Validator(schema).validate(json.load(sys.stdin))
`

/** Each key of the document is in its schema, and a validator accepts it by the published one. */
const expectDocument = (name: DocumentName, value: unknown, of: string) => {
  const decode = Schema.decodeUnknownSync(documents[name] as Schema.Codec<unknown>, { onExcessProperty: "error" })
  try {
    decode(value)
  } catch (error) {
    assert.fail(`${of}: ${String(error)}\n${JSON.stringify(value, null, 2)}`)
  }
  if (name !== "log") assert.strictEqual(Object.keys(value as object)[0], "format", of)
  if (!hasValidator) return
  const ran = spawnSync("python3", ["-c", validate, `${folder}/${name}.schema.json`], { input: JSON.stringify(value) })
  assert.strictEqual(ran.status, 0, `${of}: ${ran.stderr}`)
}

describe("docs/json", () => {
  it("has the schema of each document, as npm run docs:json writes it", async () => {
    assert.deepStrictEqual(
      (await readdir(folder)).toSorted(),
      documentNames.map((name) => `${name}.schema.json`).toSorted()
    )
    for (const name of documentNames) {
      const published = await readFile(`${folder}/${name}.schema.json`, "utf8")
      assert.deepStrictEqual(JSON.parse(published), JSON.parse(jsonSchemaText(name)), name)
    }
  })
})

describe("what commands print with --json", () => {
  it.live("is what the schemas say, with format as its first key", () =>
    Effect.gen(function* () {
      const { at, lastgood, write } = yield* makeWorld()
      const project = at("project")
      yield* Effect.promise(async () => {
        await mkdir(project)
        await writeFile(
          `${project}/compose.yml`,
          "services:\n  web:\n    image: nginx:1.2.3\n    volumes: [./data:/d]\n"
        )
      })
      const noDocker = { DOCKER_HOST: "unix:///nonexistent/docker.sock" }
      const lines: ReadonlyArray<readonly [DocumentName, ReadonlyArray<string>, Readonly<Record<string, string>>?]> = [
        ["error", ["status", "wep"]],
        ["result", ["deploy", "web", "--to", "1.0.0+1.0.0"]],
        ["result", ["snapshot", "web"]],
        ["dry-run", ["upgrade", "web", "--dry-run"]],
        ["dry-run", ["restore", "web", "--dry-run"]],
        ["dry-run", ["release", "_host", "--dry-run"]],
        ["plan", ["plan"]],
        ["result", ["upgrade", "web"]],
        ["result", ["try", "web", "1.0.0+1.0.0", "--", "true"]],
        ["result", ["hold", "web"]],
        ["status", ["status"]],
        ["snapshots", ["snapshots"]],
        ["snapshots-ls", ["snapshots", "ls", "web", "latest"]],
        ["snapshots-ls-path", ["snapshots", "ls", "web", "latest", "data"]],
        ["snapshots-extract", ["snapshots", "extract", "web", "latest", "data/", "--into", at("extracted")]],
        ["aside", ["aside"]],
        ["prune", ["prune", "--dry-run"]],
        ["dry-run", ["stop", "web", "--dry-run"]],
        ["verify", ["verify"]],
        ["alerts", ["alerts", "--all"]],
        ["history", ["history", "web"]],
        ["log-digest", ["log", "--digest"]],
        ["replay", ["replay"]],
        ["doctor", ["doctor"]],
        ["notify", ["notify"]],
        ["notify-test", ["notify", "test"]],
        ["reconcile", ["reconcile", "--once"]],
        ["report", ["report", "--output", at("report.tar.gz")]],
        ["export", ["export", "--out", at("exported.log")]],
        ["import", ["import", at("exported.log"), "--root", at("other")]],
        ["result", ["stop", "web"]],
        ["rename", ["rename", "web", "site", "--dry-run"]],
        ["result", ["remove", "web", "--data", "--yes"]],
        ["forget", ["forget", "web", "--dry-run", "--config", at("empty.yaml"), "--root", at("root")]],
        ["forget", ["forget", "web", "--yes", "--config", at("empty.yaml"), "--root", at("root")]],
        ["check", ["check", project], noDocker],
        ["init", ["init", "--config", at("new.yaml")], noDocker],
        ["plugin-new", ["plugin", "new", "wiki", "--dir", at("plugins")]],
        ["plugin-test", ["plugin", "test", at("plain.js")]]
      ]
      yield* write("empty.yaml", "apps: {}\n")
      yield* write("plain.js", `export default { recipe: "wiki" }\n`)
      // No sink answers there.
      const configured = yield* Effect.promise(() => readFile(at("lastgood.yaml"), "utf8"))
      yield* write("lastgood.yaml", `${configured}notify: ["generic+http://127.0.0.1:9/hook"]\n`)
      for (const [name, args, env] of lines) {
        const ran = yield* lastgood(["--json", "-q", ...args], env)
        const printed = jsonOf(ran)
        // Without the plugin `docker compose`, a project cannot be read.
        const isUnread = name === "check" && ran.code === 1
        expectDocument(isUnread ? "error" : name, printed, `lastgood ${args.join(" ")}`)
      }
      const log = yield* lastgood(["log", "--json"])
      for (const line of log.stdout.trim().split("\n").slice(0, 20)) expectDocument("log", JSON.parse(line), "log")
    }).pipe(Effect.scoped)
  )
})
