import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { parseConfig } from "../../src/config/parseConfig.ts"
import type { PluggedApp } from "../../src/domain/App.ts"
import { applyPlugin } from "../../src/plugin/applyPlugins.ts"
import { container, exec, http, tcp } from "../../src/plugin/checks.ts"
import { definePlugin } from "../../src/plugin/definePlugin.ts"
import { toLoadedPlugin } from "../../src/plugin/LoadedPlugin.ts"

const place = { file: "/c/lastgood.yaml", folder: "/c", home: "/root", abraDir: "/root/.abra" }

/** The one app of a configuration with these keys, after a plugin was applied to it. */
const applied = (keys: string, plugin: unknown) => {
  const yaml = `apps:\n  a: { recipe: ./a, runtime: swarm, domain: a.example.org${keys === "" ? "" : `, ${keys}`} }\n`
  const { config } = Result.getOrThrow(parseConfig(yaml, place, () => "/r"))
  const [app] = config.apps
  assert.isDefined(app)
  const loaded = plugin === null ? null : Result.getOrThrow(toLoadedPlugin("./a.ts", "/c/a.ts", plugin))
  return Effect.runSync(Effect.result(applyPlugin(app, config.settings.get("a"), loaded)))
}

const good = (keys: string, plugin: unknown): PluggedApp => Result.getOrThrow(applied(keys, plugin))
const refused = (keys: string, plugin: unknown) => Result.getOrThrow(Result.flip(applied(keys, plugin)))

describe("applyPlugin", () => {
  it("does not change an app without a plugin", () => {
    assert.deepStrictEqual(good("", null).gate.checks, [])
  })

  it("creates every kind of check for the given app", () => {
    let told: unknown
    const plugin = definePlugin({
      recipe: "a",
      health: (app) => {
        told = app
        return [
          http({ path: "/ready", status: 204 }),
          http({ url: `http://${app.stack}:8080/`, contains: "ok", timeout: "1s" }),
          tcp("db:5432"),
          exec("pg_isready -q", { service: "db" }),
          container(),
          container("web", { timeout: "20s" })
        ]
      }
    })
    assert.deepStrictEqual(good("", plugin).gate.checks, [
      {
        kind: "http",
        name: "http https://a.example.org/ready",
        url: "https://a.example.org/ready",
        status: 204,
        timeoutMs: 5000
      },
      {
        kind: "http",
        name: "http http://a_example_org:8080/",
        url: "http://a_example_org:8080/",
        status: 200,
        contains: "ok",
        timeoutMs: 1000
      },
      { kind: "tcp", name: "tcp db:5432", host: "db", port: 5432, timeoutMs: 5000 },
      { kind: "exec", name: "exec pg_isready", command: "pg_isready -q", service: "db", timeoutMs: 5000 },
      { kind: "container", name: "container", timeoutMs: 5000 },
      { kind: "container", name: "container web", service: "web", timeoutMs: 20_000 }
    ])
    assert.deepStrictEqual(told, {
      name: "a",
      recipe: "a",
      domain: "a.example.org",
      stack: "a_example_org",
      runtime: "swarm",
      settings: undefined
    })
    assert.isTrue(Object.isFrozen(told))
  })

  it("lets the configuration's checks replace the plugin's, and keeps the configuration's times", () => {
    const plugin = { recipe: "a", health: () => [{ http: "/plugin" }] }
    const own = good('health: { deadline: 1m, checks: [{ tcp: "db:1" }] }', plugin).gate
    assert.deepStrictEqual([own.deadlineMs, own.checks.map(({ name }) => name)], [60_000, ["tcp db:1"]])
    const theirs = good("health: { deadline: 1m }", plugin).gate
    assert.deepStrictEqual(
      [theirs.deadlineMs, theirs.checks.map(({ name }) => name)],
      [60_000, ["http https://a.example.org/plugin"]]
    )
  })

  it("lets the configuration's filter of a volume replace the plugin's", () => {
    const plugin = { recipe: "a", volumes: { include: { db: ["*.sql"] }, exclude: { db: ["x"], data: ["tmp/**"] } } }
    assert.deepStrictEqual(good("", plugin).snapshot.filters, {
      db: { include: ["*.sql"], exclude: ["x"] },
      data: { include: [], exclude: ["tmp/**"] }
    })
    assert.deepStrictEqual(good("snapshot: { exclude: { db: [] } }", plugin).snapshot.filters, {
      db: { include: [], exclude: [] },
      data: { include: [], exclude: ["tmp/**"] }
    })
  })

  it("gives the plugin its settings, decoded by its own schema", () => {
    const plugin = definePlugin({
      recipe: "a",
      settings: Schema.toStandardSchemaV1(Schema.Struct({ realm: Schema.String })),
      health: ({ settings }) => [http({ path: `/realms/${settings.realm}` })]
    })
    const [check] = good("settings: { realm: x }", plugin).gate.checks
    assert.strictEqual(check?.name, "http https://a.example.org/realms/x")
    const wrong = refused("settings: { realm: 5 }", plugin)
    assert.strictEqual(wrong._tag, "SettingsInvalid")
    assert.match(wrong.message, /^\/c\/lastgood\.yaml:2:\d+: settings of a: `realm`: Expected string/)
    assert.match(refused("", plugin).message, /^a: settings of a: `realm`: Missing key$/)
  })

  it("refuses settings without a plugin for them", () => {
    assert.match(
      refused("settings: { x: 1 }", { recipe: "a" }).message,
      /: settings of a: the plugin \.\/a\.ts has no settings$/
    )
    const nobody = refused("settings: { x: 1 }", null)
    assert.match(nobody.message, /: settings of a: no plugin serves the app$/)
    assert.include(nobody.next, "plugins")
  })

  it.each([
    [
      "throws",
      () => {
        throw new Error("at https://u:s3cret@example.org/x?t=s3cret\nmore")
      },
      "its settings schema threw: at https://example.org/x"
    ],
    [
      "answers later",
      () => Promise.reject(new Error("later")),
      "its settings schema is asynchronous, which lastgood does not support"
    ]
  ])("calls a plugin broken whose settings schema %s", (_, validate, reason) => {
    const error = refused("", { recipe: "a", settings: { "~standard": { version: 1, vendor: "x", validate } } })
    assert.deepStrictEqual(error._tag === "PluginBroken" ? [error.file, error.recipe, error.reason] : [], [
      "/c/a.ts",
      "a",
      reason
    ])
  })
})

describe("toLoadedPlugin", () => {
  it.each([
    ["nothing", null, "expected a plugin: an object with `recipe` and, for example, `health`, found nothing"],
    ["no recipe", {}, "`recipe`: it is missing, expected the name of a recipe, such as `keycloak`"],
    [
      "a list for health",
      { recipe: "a", health: [] },
      "`health`: expected a function from an app to a list of checks, found an empty list"
    ],
    [
      "settings that are not a schema",
      { recipe: "a", settings: { a: 1 } },
      "`settings`: expected a Standard Schema (of zod, valibot, or Effect's `Schema.toStandardSchemaV1(…)`), found keys and values"
    ],
    [
      "an unknown hook",
      { recipe: "a", before: () => 0 },
      "`before`: there is no such key, allowed here: recipe, settings, health, volumes, gates, hooks"
    ]
  ])("refuses %s", (_, value, expected) => {
    assert.deepStrictEqual(Result.getOrThrow(Result.flip(toLoadedPlugin("x", null, value))), expected)
  })
})
