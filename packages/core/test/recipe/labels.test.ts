import { assert, describe, it } from "@effect/vitest"
import { parse } from "yaml"
import { exampleApp } from "../../../plugins/src/testkit.ts"
import { jsonSchemaText } from "../../src/config/jsonSchema.ts"
import { settle, settled } from "../../src/config/settle.ts"
import type { ConfiguredApp } from "../../src/domain/App.ts"
import type { WrittenKind } from "../../src/domain/Check.ts"
import { applyLabels, coopCloudTimeout, readLabels } from "../../src/recipe/labels.ts"
import type { DeclaredService } from "../../src/runtime/Runtime.ts"

const app = exampleApp("shop")
const service = (labels: Readonly<Record<string, string>>, over: Partial<DeclaredService> = {}): DeclaredService => ({
  name: "web",
  labels,
  healthcheck: null,
  ...over
})
const applied = (labels: Readonly<Record<string, string>>, to: ConfiguredApp = app) =>
  applyLabels(to, [service(labels)])
const problems = (labels: Readonly<Record<string, string>>, to: ConfiguredApp = app) =>
  applied(labels, to).problems.map(({ label, text }) => `${label}: ${text}`)

describe("labels of a recipe", () => {
  it("can set the keys of an app's configuration", () => {
    const { app: shop, problems } = applied({
      "lastgood.policy": "patch",
      "lastgood.minimumAge": "2d",
      "lastgood.releaseNotes": "show",
      "lastgood.schedule": "0 3 * * *",
      "lastgood.health.deadline": "10m",
      "lastgood.health.stableFor": "20s",
      "lastgood.health.interval": "5s",
      "lastgood.health.http": "/health",
      "lastgood.snapshot.keep": "5",
      "lastgood.snapshot.asideFor": "1d",
      "lastgood.snapshot.exclude.data": "cache/**, **/*.tmp",
      "lastgood.snapshot.include.data": '["db/**"]',
      "lastgood.deadlines.deploy": "20m",
      "lastgood.version": "written by lastgood itself",
      "lastgood.commit": "the same",
      "traefik.enable": "true"
    })
    assert.deepStrictEqual(problems, [])
    assert.deepStrictEqual(
      [shop.policy, shop.minimumAgeMs, shop.releaseNotes, shop.schedule],
      ["patch", 172_800_000, "show", "0 3 * * *"]
    )
    assert.deepStrictEqual(shop.gate, {
      deadlineMs: 600_000,
      stableForMs: 20_000,
      intervalMs: 5000,
      checks: [
        {
          kind: "http",
          name: "http https://shop.example.org/health",
          url: "https://shop.example.org/health",
          status: 200,
          timeoutMs: 5000
        }
      ]
    })
    assert.deepStrictEqual(shop.snapshot, {
      keep: 5,
      asideMs: 86_400_000,
      filters: { data: { include: ["db/**"], exclude: ["cache/**", "**/*.tmp"] } }
    })
    assert.strictEqual(shop.deadlines.deployMs, 1_200_000)
    assert.strictEqual(shop.settledBy.get("health.checks"), "label")
  })

  it("can define a check of every kind", () => {
    const values: Record<WrittenKind, string> = {
      ...{ http: "/health", tcp: "db:5432", grpc: "rpc:50051", exec: "pg_isready", container: "true" }
    }
    const labels = Object.entries(values).map(([kind, value]) => [`lastgood.health.${kind}`, value] as const)
    const { app: shop, problems } = applied(Object.fromEntries(labels))
    assert.deepStrictEqual([shop.gate.checks.map(({ kind }) => kind), problems], [Object.keys(values), []])
  })

  it("are overridden by the configuration and the plugin, and override the defaults", () => {
    const configured = settled(settle(app, { policy: "major", interval: 60_000 }, "config"), "health.checks", "plugin")
    const { app: shop, problems } = applied(
      {
        "lastgood.policy": "patch",
        "lastgood.schedule": "@daily",
        "lastgood.health.tcp": "127.0.0.1:80",
        "lastgood.minimumAge": "1d"
      },
      configured
    )
    assert.deepStrictEqual(
      [shop.policy, shop.schedule, shop.intervalMs, shop.gate.checks, shop.minimumAgeMs, problems],
      ["major", null, 60_000, [], 86_400_000, []]
    )
  })

  it("are reported with service and name if invalid, unless the configuration sets the key", () => {
    assert.deepStrictEqual(problems({ "lastgood.policy": "weekly" }), [
      "lastgood.policy: expected patch, minor, major or manual, found `weekly`"
    ])
    assert.match(
      problems({ "lastgood.minimumage": "2d" })[0] ?? "",
      /no such label; did you mean `lastgood\.minimumAge`\?/
    )
    assert.match(problems({ "lastgood.root": "/" })[0] ?? "", /no such label; there are: policy, /)
    assert.match(problems({ "lastgood.snapshot.keep": "many" })[0] ?? "", /expected a whole number/)
    assert.match(problems({ "lastgood.snapshot.exclude.data": "../etc/**" })[0] ?? "", /without \.\./)
    assert.match(
      problems({ "lastgood.health.checks": "[{ http: /x, status: 99 }]" })[0] ?? "",
      /checks\[0\]\.status`: expected/
    )
    assert.match(problems({ "lastgood.health.stableFor": "6m" })[0] ?? "", /the health gate can never pass/)
    assert.deepStrictEqual(problems({ "lastgood.policy": "weekly" }, settle(app, { policy: "patch" }, "config")), [])
    const { app: shop } = applied({
      "lastgood.policy": "weekly",
      "lastgood.health.stableFor": "6m",
      "lastgood.minimumAge": "1d"
    })
    assert.deepStrictEqual([shop.policy, shop.gate.stableForMs, shop.minimumAgeMs], ["minor", 10_000, 86_400_000])
  })

  /** Verifies: LAW-12 */
  it("are not quoted if their command or address is invalid", () => {
    const said = problems({
      "lastgood.health.exec": "PGPASSWORD=hunter2\npsql",
      "lastgood.health.http": "ftp://u:hunter2@x",
      "lastgood.health.checks": "[{ exec: 5, http: hunter2 }]"
    })
    assert.strictEqual(said.length, 3)
    assert.notInclude(said.join(), "hunter2")
  })

  it("of several services add their checks, and must agree on everything else", () => {
    const services = [
      service({ "lastgood.health.http": "/health", "lastgood.policy": "patch" }),
      service({ "lastgood.health.exec": "pg_isready", "lastgood.policy": "minor" }, { name: "db" })
    ]
    const { app: shop, problems } = applyLabels(app, services)
    assert.deepStrictEqual(
      shop.gate.checks.map((check) => [check.kind, "service" in check ? check.service : null]),
      [
        ["http", null],
        ["exec", "db"]
      ]
    )
    assert.deepStrictEqual(
      problems.map(({ service, label, text }) => [service, label, text]),
      [["db", "lastgood.policy", "the service web has another value; keep one of them"]]
    )
  })

  it("come from the running version for the policy, and from the target for the deploy", () => {
    const labels = { "lastgood.policy": "patch", "lastgood.health.deadline": "1m" }
    const running = applyLabels(app, [service(labels)], ["running"]).app
    const target = applyLabels(app, [service(labels)], ["target"]).app
    assert.deepStrictEqual([running.policy, running.gate.deadlineMs], ["patch", 300_000])
    assert.deepStrictEqual([target.policy, target.gate.deadlineMs], ["minor", 60_000])
  })

  it("cover every key of the configuration that does not say which app it is", () => {
    const schema = parse(jsonSchemaText())
    const [fields] = Object.values<{ properties: Record<string, { properties?: object }> }>(
      schema.properties.apps.patternProperties
    )
    const which = [
      "recipe",
      "versions",
      "runtime",
      "domain",
      "env",
      "stack",
      "volumes",
      "folder",
      "data",
      "plugin",
      "settings"
    ]
    // What may be lost, when the host may be disturbed, and how much of its disk is taken, is for the operator alone to say.
    const operators = ["snapshot.disposable", "snapshot.engine", "snapshot.prepare", "window", "after"]
    const keys = Object.entries(fields?.properties ?? {})
      .filter(([key]) => !which.includes(key))
      .flatMap(([key, { properties }]) =>
        properties === undefined ? [key] : Object.keys(properties).map((inner) => `${key}.${inner}`)
      )
      .filter((key) => !operators.includes(key))
    const values: Readonly<Record<string, string>> = {
      "snapshot.include": "db/**",
      "snapshot.exclude": "tmp/**",
      "snapshot.keep": "3",
      "health.checks": "[{ tcp: 'a:1' }]",
      policy: "minor",
      releaseNotes: "show",
      schedule: "@daily"
    }
    for (const key of keys) {
      const label = `lastgood.${key}${/clude$/.test(key) ? ".data" : ""}`
      assert.deepStrictEqual(readLabels([service({ [label]: values[key] ?? "1m" })]).problems, [], label)
    }
    for (const key of [...which, ...operators]) {
      assert.strictEqual(readLabels([service({ [`lastgood.${key}`]: "x" })]).settings.length, 0)
    }
    const valid = { engine: "mirror", "prepare.bandwidth": "20MB/s", "prepare.ioIdle": "false" }
    for (const [key, value] of Object.entries(valid)) {
      const { problems, settings } = readLabels([service({ [`lastgood.snapshot.${key}`]: value })])
      assert.deepStrictEqual([settings.length, problems.length], [0, 1], key)
    }
  })

  it("accept a volume named like a property of every object", () => {
    const { app: shop } = applied({
      "lastgood.snapshot.exclude.__proto__": "a/**",
      "lastgood.snapshot.exclude.constructor": "b/**"
    })
    assert.deepStrictEqual(Object.keys(shop.snapshot.filters), ["constructor"])
  })
})

describe("coop-cloud.<stack>.timeout", () => {
  const timeout = (value: string, to: ConfiguredApp = app) =>
    applied({ [`coop-cloud.${app.stack}.timeout`]: value }, to).app

  it("sets the deadline of the health gate, and of a deploy with a shorter one", () => {
    assert.deepStrictEqual([timeout("120").gate.deadlineMs, timeout("120").deadlines.deployMs], [120_000, 600_000])
    assert.deepStrictEqual(
      [timeout("1800").gate.deadlineMs, timeout("1800").deadlines.deployMs],
      [1_800_000, 1_800_000]
    )
  })

  it("is ignored if it is invalid, for another stack, shorter than the stable time, or overridden", () => {
    for (const value of ["", "0", "5m", "-1", "5"]) assert.strictEqual(timeout(value).gate.deadlineMs, 300_000, value)
    assert.isNull(coopCloudTimeout("other", [service({ [`coop-cloud.${app.stack}.timeout`]: "120" })]))
    const own = { "lastgood.health.deadline": "1m", [`coop-cloud.${app.stack}.timeout`]: "120" }
    assert.strictEqual(applied(own).app.gate.deadlineMs, 60_000)
    assert.strictEqual(timeout("120", settle(app, { health: { deadline: 90_000 } }, "config")).gate.deadlineMs, 90_000)
  })
})

describe("a HEALTHCHECK", () => {
  const services = [service({}, { healthcheck: "image" }), service({}, { name: "db", healthcheck: null })]

  it("is the check of an app without other checks", () => {
    const { app: shop } = applyLabels(app, services)
    assert.deepStrictEqual(shop.gate.checks, [
      { kind: "container", name: "container web", service: "web", timeoutMs: 5000 }
    ])
    assert.strictEqual(shop.settledBy.get("health.checks"), "healthcheck")
  })

  it("is overridden by any other check", () => {
    const other = [service({ "lastgood.health.tcp": "127.0.0.1:80" }, { healthcheck: "image" })]
    assert.deepStrictEqual(
      applyLabels(app, other).app.gate.checks.map(({ kind }) => kind),
      ["tcp"]
    )
  })
})
