/** What is published beside the code: the example that `lastgood init` writes, and the JSON Schema for editors. */
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { parse } from "yaml"
import { exampleConfig } from "../../src/config/example.ts"
import { jsonSchemaText } from "../../src/config/jsonSchema.ts"
import { parseConfig } from "../../src/config/parseConfig.ts"
import { runtimeKinds } from "../../src/domain/RuntimeKind.ts"

const place = { file: "/etc/lastgood/lastgood.yaml", folder: "/etc/lastgood", home: "/root", abraDir: "/root/.abra" }
const parsed = (text: string) => Result.getOrThrow(parseConfig(text, place, () => "/var/lib/lastgood")).config

const fileOf = (path: string) => readFileSync(fileURLToPath(new URL(path, import.meta.url)), "utf8")

describe("exampleConfig", () => {
  it("validates as it stands", () => {
    assert.deepStrictEqual(
      parsed(exampleConfig()).apps.map(({ name, runtime, volumes }) => [name, runtime, volumes]),
      [["my-app", "local", ["data"]]]
    )
  })

  it("validates with every line of configuration that is commented out", () => {
    const text = exampleConfig()
      .replaceAll(/^( *)# (?=[ ]*(?:- |status:|[a-zA-Z]+:(?: |$)))/gm, "$1")
      .replace("# exclude", "exclude")
      .replace(/^.*env:.*\n/m, "")
    const config = parsed(text)
    assert.strictEqual(config.plugins.length + config.notify.length, 2)
    assert.strictEqual(config.apps[0]?.minimumAgeMs, 172_800_000)
    assert.strictEqual(config.apps[0]?.gate.checks.length, 3)
    assert.deepStrictEqual(Object.keys(config.apps[0]?.snapshot.filters ?? {}), ["data"])
  })

  it.each(runtimeKinds.filter((kind) => kind !== "local"))(
    "validates for the %s runtime, whatever the recipe is called",
    (runtime) => {
      const recipe = '/srv/it\'s: a #"recipe"'
      const [app] = parsed(exampleConfig({ name: "123", recipe, runtime, domain: "x.example.org" })).apps
      assert.deepStrictEqual([app?.name, app?.recipe, app?.domain], ["123", recipe, "x.example.org"])
    }
  )
})

describe("lastgood.schema.json", () => {
  it("is what `node packages/core/src/config/writeJsonSchema.ts` writes", () => {
    assert.strictEqual(fileOf("../../lastgood.schema.json"), jsonSchemaText())
  })
})

describe("docs/config.md", () => {
  it("shows a configuration that validates", () => {
    const blocks = [...fileOf("../../../../docs/config.md").matchAll(/```yaml\n([\s\S]*?)```/g)].map(
      (match) => match[1] ?? ""
    )
    assert.isAbove(blocks.length, 0)
    for (const block of blocks) parsed(block)
  })

  it("documents every key", () => {
    const text = fileOf("../../../../docs/config.md")
    const keysOf = (value: unknown): ReadonlyArray<string> =>
      typeof value !== "object" || value === null
        ? []
        : Object.entries(value).flatMap(([key, inner]) => [
            ...(key === "properties" && typeof inner === "object" && inner !== null ? Object.keys(inner) : []),
            ...keysOf(inner)
          ])
    const missing = keysOf(parse(jsonSchemaText())).filter((key) => !new RegExp(`\\b${key}\\b`).test(text))
    assert.deepStrictEqual(missing, [])
  })
})
