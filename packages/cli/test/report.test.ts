import { chmod, lstat, mkdir, readdir, writeFile } from "node:fs/promises"
import { basename } from "node:path"
import { assert, describe, it, vi } from "@effect/vitest"
import { EventStore, type NewEvent } from "@lastgood/core/log/EventStore"
import { layer } from "@lastgood/core/log/EventStoreSqlite"
import { binary } from "@lastgood/testing/binary"
import { interpreter } from "@lastgood/testing/interpreter"
import * as Effect from "effect/Effect"
import { list } from "tar"
import { jsonOf, makeWorld, type Ran } from "./world.ts"

vi.setConfig({ testTimeout: 180_000 })

type World = Effect.Success<ReturnType<typeof makeWorld>>

const test = (name: string, body: (world: World) => Effect.Effect<void, unknown>) =>
  it.live(name, () => Effect.scoped(Effect.flatMap(makeWorld(), body)))

/** The texts of a bundle by name, without the folder that all are in. */
const textsOf = (file: string) =>
  Effect.promise(async () => {
    const texts = new Map<string, string>()
    await list({
      file,
      strict: true,
      onReadEntry: (entry) => {
        const chunks: Array<Buffer> = []
        entry.on("data", (chunk) => chunks.push(chunk))
        entry.on("end", () => texts.set(basename(entry.path), Buffer.concat(chunks).toString()))
      }
    })
    return texts
  })

const writtenBy = (ran: Ran): string => {
  const written = /^wrote (\S+): /.exec(ran.stdout)?.[1]
  return written ?? assert.fail(ran.stdout + ran.stderr)
}

/** Runs the command and reads what it wrote. */
const reported = Effect.fnUntraced(function* (
  world: World,
  args: ReadonlyArray<string>,
  env: Record<string, string> = {}
) {
  const ran = yield* world.lastgood(["report", ...args], env)
  assert.strictEqual(ran.code, 0, ran.stdout + ran.stderr)
  const texts = yield* textsOf(writtenBy(ran))
  return { ran, texts, text: (name: string) => texts.get(name) ?? assert.fail(`${name} of ${[...texts.keys()]}`) }
})

const event = (type: string, data: unknown): NewEvent => ({
  ...{ id: type, type, v: 1, at: "2026-11-22T03:00:00.000Z", actor: "cli:root", attempt: null },
  data
})

const append = (world: World, first: NewEvent, ...rest: ReadonlyArray<NewEvent>) =>
  Effect.gen(function* () {
    yield* Effect.promise(() => mkdir(world.at("root"), { recursive: true, mode: 0o700 }))
    yield* EventStore.use((store) => store.append("app/web", { _tag: "Any" }, [first, ...rest])).pipe(
      Effect.provide(layer({ path: world.at("root/events.db") }))
    )
  })

const whole = [
  "README.txt",
  "configuration.json",
  "doctor.txt",
  "log-check.json",
  "log.jsonl",
  "status.json",
  "versions.json"
]

describe("a report", () => {
  test("contains log, status, findings, configuration and versions, readable only by its owner", (world) =>
    Effect.gen(function* () {
      yield* append(world, event("AppReleased", {}))
      const { ran, text, texts } = yield* reported(world, ["web"])
      const file = writtenBy(ran)
      assert.match(basename(file), /^lastgood-report-web-\d{8}T\d{6}Z\.tar\.gz$/)
      assert.strictEqual((yield* Effect.promise(() => lstat(file))).mode & 0o777, 0o600)
      assert.match(ran.stdout, /\nnext: read it before you send it/)
      assert.deepStrictEqual([...texts.keys()].sort(), whole)
      for (const name of whole.slice(1)) assert.include(text("README.txt"), name)
      assert.deepNestedInclude(JSON.parse(text("status.json")), { "apps[0].app": "web", "apps[0].phase": "stopped" })
      assert.deepNestedInclude(JSON.parse(text("configuration.json")), { "content.apps.web.health.deadline": "5s" })
      assert.deepNestedInclude(JSON.parse(text("log.jsonl")), { type: "AppReleased", position: 1 })
      assert.deepNestedInclude(JSON.parse(text("log-check.json")), { "head.position": 1, problems: [] })
      assert.deepInclude(JSON.parse(text("versions.json")), { lastgood: "0.1.0" })
      assert.match(text("doctor.txt"), /^OK {4}web: recipe: /m)
    }))

  /** Verifies: LAW-6 */
  test("of a missing root creates nothing else, and works beside another lastgood", (world) =>
    Effect.gen(function* () {
      const before = yield* world.names
      const { ran } = yield* reported(world, [])
      assert.deepStrictEqual(yield* world.names, [...before, basename(writtenBy(ran))].sort())

      const deploying = world.start(["deploy", "web", "--to", "1.0.0+1.0.0"], world.hangAt("forward/deploy:before"))
      const readRoot = () => readdir(world.at("root")).catch(() => [])
      yield* Effect.promise(() => vi.waitFor(async () => assert.include(await readRoot(), "web"), { timeout: 60_000 }))
      const { text } = yield* reported(world, ["--output", "beside.tar.gz"])
      assert.match(text("status.json"), /"workedOnBy": "cli:/)
      deploying.signal("SIGKILL")
      yield* deploying.done
    }))

  test("never overwrites a file, and lists its contents in JSON", (world) =>
    Effect.gen(function* () {
      const ran = yield* world.lastgood(["report", "web", "--output", "mine", "--json"])
      assert.deepNestedInclude(jsonOf(ran), {
        format: 1,
        written: world.at("mine"),
        "parts[0].file": "versions.json",
        "parts[0].written": true,
        "parts[0].trouble": null
      })
      const again = yield* world.lastgood(["report", "web", "--output", "mine"])
      assert.strictEqual(again.code, 64)
      assert.match(again.stderr, /mine already exists\nnext: .*--output/)
      const denied = yield* world.lastgood(["report", "--output", "nowhere/mine"])
      assert.strictEqual(denied.code, 1)
      assert.match(denied.stderr, /nowhere\/mine: it cannot be written: .*\nnext: .*--output/)
    }))

  test("of an app that is in neither the configuration nor the log is refused", (world) =>
    Effect.gen(function* () {
      const ran = yield* world.lastgood(["report", "wep"])
      assert.strictEqual(ran.code, 64)
      assert.match(ran.stderr, /there is no app wep in .*: it has web\n/)
    }))
})

/** Verifies: LAW-12 */
describe("a report contains no secret", () => {
  const canary = "c4nary"
  /** Each is found by another rule. */
  const config = `root: ./root
notify: ["ntfy://ops:${canary}-user@127.0.0.1:1/${canary}-a-topic?tags=${canary}-query"]
apps:
  web:
    recipe: ./recipe
    runtime: local
    volumes: [data]
    env: ./web.env
    plugin: generic
    settings: { url: "http://bot:${canary}-url@127.0.0.1:1", http: [{ path: /${canary}-long-path }], exec: { web: "PASSWORD=${canary}-settings true" } }
    health:
      checks:
        - { exec: "test --token ${canary}-exec" }
        - { http: "http://probe:${canary}-http@127.0.0.1:1/x?t=${canary}-http-query" }
      deadline: 5s
      stableFor: 100ms
`
  const env = [
    `SECRET=${canary}/env+value`,
    `WORDS="${canary} is said by nobody"`,
    `A_PASSWORD='${canary} "quoted" \\ <word>'`,
    'B_PASSWORD="it\'s c4nary"',
    `LINES="${canary}-line-one\n${canary}-line-two"`,
    ""
  ].join("\n")
  const said = `the app said ${canary}/env+value and ${canary} is said by nobody`

  /** As programs print a value: broken by a terminal's width, as JSON in a log line, quoted for a shell, line by line. */
  const disguised = [
    `${canary}/env\n  +value`,
    JSON.stringify({ msg: `${canary} "quoted" \\ <word>` }),
    JSON.stringify({ msg: `${canary} "quoted" \\ <word>` })
      .replace(/</g, "\\u003c")
      .replace(/>/g, "\\u003e"),
    "PW='it'\\''s c4nary'",
    `${canary}-line-one\nthen ${canary}-line-two`
  ]

  const told = [
    said,
    ...disguised,
    `Authorization: Basic ${Buffer.from(`user:${canary}/env+value`).toString("base64")}`,
    `delivered to ntfy.example.org/${canary}-a-topic`,
    `GET /${canary}-long-path`,
    "PGPASSWORD=c4nary-shape psql",
    "postgres://app:c4nary-dsn@db/app"
  ]

  const assertSilent = (texts: ReadonlyMap<string, string>) => {
    for (const [name, text] of texts) {
      assert.notInclude(text, canary, name)
      assert.notInclude(text, Buffer.from(`${canary}/env+value`).toString("base64").slice(4, 16), name)
    }
  }

  test("of env file, settings, checks, URLs and app output, and is still valid JSON", (world) =>
    Effect.gen(function* () {
      yield* world.write("lastgood.yaml", config)
      yield* world.write("web.env", env)
      yield* append(
        world,
        event("HookRan", {
          plugin: "generic",
          when: "before",
          step: "deploy",
          ok: false,
          tookMs: 1,
          output: told.join("\n")
        }),
        event("Unheard", { password: `${canary} plain`, told, [said]: 1 })
      )
      // What it was started with once is in the log, and not in today's env file.
      const kept = world.at("root/web/snapshots/s1")
      yield* Effect.promise(() => mkdir(kept, { recursive: true, mode: 0o700 }))
      yield* Effect.promise(() => writeFile(`${kept}/env`, `OLD_TOKEN=${canary}-of-old\n`))
      yield* append(world, event("AppHeld", { reason: `it was ${canary}-of-old`, until: null }))

      const { ran, text, texts } = yield* reported(world, ["web"])
      assert.deepStrictEqual([...texts.keys()].sort(), whole, ran.stdout)
      assertSilent(texts)
      assert.notInclude(ran.stdout + ran.stderr, canary)
      const events = text("log.jsonl")
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line))
      assert.deepStrictEqual(
        events.map(({ type }) => type),
        ["HookRan", "Unheard", "AppHeld"]
      )
      assert.strictEqual(events[1].data.password, "***")
      assert.match(events[0].data.output, /^the app said \*\*\* and \*\*\*\n/)
    }))

  test("of an invalid configuration: its keys are shown, but no unknown values", (world) =>
    Effect.gen(function* () {
      yield* world.write("lastgood.yaml", `${config.replace("notify:", "notfiy:")}    runtiem: ${canary}-typo\n`)
      yield* world.write("web.env", env)
      const { text, texts } = yield* reported(world, [])
      assertSilent(texts)
      assert.match(text("configuration.failed.txt"), /there is no such key \(did you mean `notify`\?\)/)
      assert.deepNestedInclude(JSON.parse(text("configuration.json")), {
        "content.notfiy": ["***"],
        "content.apps.web.runtiem": "***",
        "content.apps.web.runtime": "local"
      })
      yield* world.write("lastgood.yaml", `apps: { web: [ "${canary}: {\n`)
      assertSilent((yield* reported(world, ["--output", "second.tar.gz"])).texts)
      // A wrong configuration still says where the env files are.
      const wrong = `apps: { web: { recipe: ./recipe, runtime: nothing, env: ./web.env } }\nroot: ./root\n`
      yield* world.write("lastgood.yaml", wrong)
      yield* append(world, event("AppHeld", { reason: said, until: null }))
      const third = yield* reported(world, ["--output", "third.tar.gz"])
      assertSilent(third.texts)
      assert.include(third.text("log.jsonl"), "AppHeld")
    }))
})

describe("a report says what failed and contains the rest with", () => {
  test("no configuration", (world) =>
    Effect.gen(function* () {
      yield* append(world, event("AppReleased", {}))
      const { text, texts } = yield* reported(world, ["web", "--config", "none.yaml", "--root", "root"])
      for (const part of ["configuration", "status", "doctor"]) {
        assert.match(text(`${part}.failed.txt`), /there is no configuration file.*\nnext: /, part)
      }
      assert.include(text("log.jsonl"), "AppReleased")
      assert.isTrue(texts.has("versions.json"))
    }))

  test("a file that is not a log", (world) =>
    Effect.gen(function* () {
      yield* Effect.promise(() => mkdir(world.at("root"), { mode: 0o700 }))
      yield* world.write("root/events.db", "garbage ".repeat(1000))
      const { ran, text } = yield* reported(world, [])
      assert.match(text("log.failed.txt"), /the log .* cannot be used: /)
      assert.match(text("doctor.failed.txt"), /the log .* cannot be used: /)
      assert.include(text("configuration.json"), "./recipe")
      assert.match(ran.stdout, /^ {2}log\.jsonl +FAILED: the log/m)
    }))

  test("a plugin that throws", (world) =>
    Effect.gen(function* () {
      yield* world.write("broken.mjs", "throw new Error('on purpose')\n")
      const app = "web: { recipe: ./recipe, runtime: local, volumes: [data] }"
      yield* world.write("lastgood.yaml", `root: ./root\nplugins: [./broken.mjs]\napps: { ${app} }\n`)
      const { text, texts } = yield* reported(world, [])
      assert.deepStrictEqual([...texts.keys()].sort(), whole)
      assert.match(text("doctor.txt"), /^FAIL {2}plugin: .*on purpose/m)
    }))

  test("no docker", (world) =>
    Effect.gen(function* () {
      const app = "wiki: { recipe: ./recipe, runtime: swarm, domain: wiki.example.org }"
      yield* world.write("lastgood.yaml", `root: ./root\napps: { ${app} }\n`)
      yield* world.write("docker", "#!/bin/sh\nexit 1\n")
      yield* Effect.promise(() => chmod(world.at("docker"), 0o755))
      const { text } = yield* reported(world, [], {
        PATH: `${world.home}:${process.env["PATH"]}`,
        DOCKER_HOST: "unix:///nowhere"
      })
      assert.match(text("doctor.txt"), /^FAIL {2}runtime swarm: /m)
      assert.match(text("versions.json"), /"docker": "not available: /)
      assert.deepNestedInclude(JSON.parse(text("status.json")), { "apps[0].phase": "unknown" })
    }))

  it.live.skipIf(process.getuid?.() !== 0)("a user who may not read the root", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld()
      yield* append(world, event("AppReleased", {}))
      yield* Effect.promise(() => chmod(world.home, 0o777))
      const nobody = ["--reuid", "65534", "--regid", "65534", "--clear-groups"]
      const trusting = { LASTGOOD_TRUST: world.home, HOME: world.home, DENO_DIR: world.at("deno") }
      const ran = yield* world.start(["report"], trusting, ["setpriv", ...nobody, ...interpreter, binary]).done
      assert.strictEqual(ran.code, 0, ran.stdout + ran.stderr)
      const texts = yield* textsOf(writtenBy(ran))
      assert.match(texts.get("README.txt") ?? "", /not redacted:\n.*permission denied/s)
      assert.match(texts.get("log.failed.txt") ?? "", /the log .* cannot be used: .*permission/i)
      assert.include(texts.get("configuration.json") ?? "", "./recipe")
    }).pipe(Effect.scoped)
  )
})
