/** The configuration, a recipe's files and an env file, as an attacker would write them. */
import { symlink, writeFile } from "node:fs/promises"
import { join } from "node:path"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { exampleConfig } from "@lastgood/core/config/example"
import { loadConfig } from "@lastgood/core/config/loadConfig"
import { parseConfig } from "@lastgood/core/config/parseConfig"
import { parseSchedule } from "@lastgood/core/config/schedule"
import { run } from "@lastgood/core/process/Tool"
import { parseProcfile } from "@lastgood/core/runtime/local/Procfile"
import { readVariables } from "@lastgood/core/secrets/EnvFile"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { mutations, nasty, yamlBombs } from "./garbage.ts"

const place = { file: "/c/lastgood.yaml", folder: "/c", home: "/root", abraDir: "/root/.abra" }
const parse = (text: string) => parseConfig(text, place, () => "/r")

const folder = temporaryFolder()

/** Every message is one that people can act on: short, and with file, line and column. */
const expectClear = (text: string): void => {
  const parsed = parse(text)
  if (Result.isSuccess(parsed)) return
  const { message, problems } = parsed.failure
  assert.isNotEmpty(problems)
  assert.isAtMost(problems.length, 200)
  for (const line of message.split("\n")) {
    assert.match(line, /^\/c\/lastgood\.yaml:\d+:\d+: \S/)
    assert.isBelow(line.length, 2000, line.slice(0, 300))
  }
}

const app = (more: string) =>
  `apps:\n  web:\n    recipe: ./web\n    runtime: local\n    domain: web.example.org\n${more}`

describe("lastgood.yaml", () => {
  it("that is almost valid is read, or refused with file and line", () => {
    const whole = app(
      '    policy: minor\n    schedule: "0 3 * * *"\n    health: { deadline: 5m, checks: [{ http: "http://h/x", contains: "((a+)+)+$" }, { tcp: "h:1" }, { exec: "x y" }] }\n    snapshot: { keep: 3, exclude: { data: ["**/**/**/*"] } }\n    settings: { a: [1, { b: c }] }\nnotify: ["ntfy://x/y"]\n'
    )
    for (const text of mutations(whole, 1500, 1)) expectClear(text)
    for (const text of mutations(exampleConfig(), 500, 2)) expectClear(text)
  })

  it("with hostile text in each place is refused, or read as plain text", () => {
    for (const text of nasty) {
      const quoted = JSON.stringify(text)
      expectClear(`apps: { ${quoted}: { recipe: ./a, runtime: local } }`)
      for (const key of [
        "recipe",
        "domain",
        "stack",
        "env",
        "schedule",
        "policy",
        "minimumAge",
        "plugin",
        "runtime",
        "interval"
      ]) {
        expectClear(`apps: { a: { recipe: ./a, runtime: local, ${key}: ${quoted} } }`)
      }
      expectClear(
        `apps: { a: { recipe: ./a, runtime: local, volumes: [${quoted}], snapshot: { include: { ${quoted}: [${quoted}] } } } }`
      )
      expectClear(
        `apps: { a: { recipe: ./a, runtime: local, health: { checks: [${quoted}, { http: ${quoted} }, { tcp: ${quoted} }] } } }`
      )
      expectClear(`root: ${quoted}\nnotify: [${quoted}]\napps: {}`)
    }
  })

  it.each(yamlBombs)("made of %s is refused or read quickly", (_, text) => {
    const start = performance.now()
    expectClear(text)
    expectClear(app(`    settings:\n      x: |\n        y\n${text}`))
    assert.isBelow(performance.now() - start, 20_000)
  })

  it("that is nested endlessly, or by an alias to itself, is refused with the position", () => {
    for (const text of [`a: ${"[".repeat(200)}`, "- ".repeat(200), "? ".repeat(200)]) {
      const parsed = parse(text)
      assert.isTrue(Result.isFailure(parsed) && parsed.failure.message.includes("more than 64 levels deep"))
    }
    const itself = parse(app("    settings: &s { again: *s }\n"))
    assert.isTrue(Result.isFailure(itself) && itself.failure.message.includes("an alias leads back to itself"))
  })

  it("treats names that every object inherits as plain names", () => {
    const parsed = parse(
      app("    volumes: [data]\n    settings: { __proto__: { polluted: yes }, constructor: 1 }\n").replace(
        "web:",
        "constructor:"
      )
    )
    assert.isTrue(Result.isSuccess(parsed))
    assert.notProperty({}, "polluted")
    const swarm = parse(
      "apps: { a: { recipe: ./a, runtime: swarm, domain: a.b, snapshot: { exclude: { constructor: [x] } } } }"
    )
    assert.isTrue(Result.isSuccess(swarm))
    if (Result.isSuccess(swarm)) {
      assert.deepStrictEqual(swarm.success.config.apps[0]?.snapshot.filters["constructor"], {
        include: [],
        exclude: ["x"]
      })
    }
  })

  /** Verifies: LAW-12 */
  it("is never quoted where it may contain a secret, however it is invalid", () => {
    const canary = "c4nary-s3cret"
    for (const text of [
      `notify: ["ntfy://x/${canary}`,
      `a: '' ${canary}`,
      `a: |${canary}\n x`,
      `a: *${canary}`,
      `a: !${canary} x`,
      `%${canary}\n---\na: 1`,
      `a: "\\q${canary}"`,
      `a: @${canary}`,
      `a: b: ${canary}`,
      `a: &${canary} &b x`,
      `? [${canary}]\n: b`,
      `a: [x]${canary}`,
      `- a\nb: ${canary}`,
      app(`    health: { checks: ["curl -u u:${canary} x"] }`),
      app(`    health: { checks: ["${canary}"] }`),
      app(`    health: { checks: [{ http: 5, exec: "${canary}" }] }`),
      app(`    health: { checks: [{ exec: ["${canary}"] }] }`),
      app(`    env: { DB_PASSWORD: ${canary} }`),
      app(`    domain: "https://user:${canary}@example.org"`),
      app(`    recipe: [${canary}]`),
      `notify: "ntfy://u:${canary}@x"\napps: {}`,
      `notify: ["${canary}"]\napps: {}`
    ]) {
      const parsed = parse(text)
      assert.isTrue(Result.isFailure(parsed), text)
      if (Result.isFailure(parsed)) assert.notInclude(parsed.failure.message, canary, text)
    }
  })

  it.live("that is a pipe, a device, a link to itself or 50 MB large is refused immediately", () =>
    Effect.gen(function* () {
      const at = yield* folder
      yield* run("mkfifo", [join(at, "pipe")])
      yield* Effect.promise(async () => {
        await symlink("loop", join(at, "loop"))
        await symlink("/dev/zero", join(at, "zero"))
        await writeFile(join(at, "large"), Buffer.alloc(50 * 1024 * 1024, "a: 1\n"))
      })
      for (const [name, why] of [
        ["pipe", /it is a pipe/],
        ["loop", /too many links/],
        ["zero", /may be written by every user/],
        ["large", /it is larger than/]
      ] as const) {
        const error = yield* Effect.flip(loadConfig({ config: join(at, name), root: null }))
        assert.match(error.message, why)
      }
      // As env files of apps they are the trouble of those apps.
      const names = ["pipe", "loop", "zero", "large"]
      yield* Effect.promise(() =>
        writeFile(
          join(at, "c.yaml"),
          `apps:\n${names.map((n) => `  ${n}: { recipe: ./r, runtime: local, env: ./${n} }\n`).join("")}`
        )
      )
      const config = yield* loadConfig({ config: join(at, "c.yaml"), root: null })
      assert.deepStrictEqual([...config.unreadableEnv.keys()].sort(), names.toSorted())
      for (const name of names) yield* Effect.flip(readVariables(join(at, name)))
    }).pipe(Effect.provide(NodeServices.layer))
  )
})

describe("a schedule", () => {
  it("of any text is a schedule or an error", () => {
    for (const text of [...nasty, ...mutations("*/5 0-23 1,15 * 1-5", 3000, 3), "0 0 31 2 *", "* ".repeat(100_000)]) {
      const parsed = parseSchedule(text)
      if (Result.isFailure(parsed)) assert.isBelow(parsed.failure.length, 500)
    }
  })
})

describe("an env file", () => {
  it.live("of any text is read as names and values, or refused, without prototype pollution", () =>
    Effect.gen(function* () {
      const at = yield* folder
      const file = join(at, "env")
      const given = "A=1\nexport B=\"two\nlines\" # c\nC='x'\n__proto__=p\nconstructor=c\nD=$A\n"
      for (const text of [given, ...nasty, ...mutations(given, 300, 4)]) {
        yield* Effect.promise(() => writeFile(file, text))
        const read = yield* Effect.result(readVariables(file))
        if (Result.isSuccess(read)) for (const value of Object.values(read.success)) assert.isString(value)
        else assert.include(read.failure.message, file)
      }
      yield* Effect.promise(() => writeFile(file, "A=1\nB=a\0b\n"))
      assert.match((yield* Effect.flip(readVariables(file))).message, /line 2 contains a NUL/)
      assert.notProperty({}, "p")
    })
  )
})

describe("a Procfile", () => {
  it("of any text is read, or refused with its line and without being quoted", () => {
    const given = "# c\nweb: DB_PASSWORD=c4nary ./server --port 80\nclock: tick\n"
    for (const text of [
      ...nasty,
      ...mutations(given, 3000, 5),
      "web: x\n".repeat(100_000),
      `web:${" ".repeat(500_000)}x\u2028y`
    ]) {
      const parsed = parseProcfile(text)
      if (Result.isSuccess(parsed)) {
        assert.isAtMost(parsed.success.length, 100)
        for (const { name, command } of parsed.success) {
          assert.match(name, /^[A-Za-z0-9][A-Za-z0-9_-]*$/)
          assert.notMatch(command, /\0|\n/)
        }
      } else {
        assert.match(parsed.failure, /^Procfile:/)
        assert.notInclude(parsed.failure, "c4nary")
        assert.isBelow(parsed.failure.length, 200)
      }
    }
    const many = parseProcfile(Array.from({ length: 50_000 }, (_, i) => `p${i}: x`).join("\n"))
    assert.isTrue(Result.isFailure(many))
  })
})
