/**
 * Plugins that do what no plugin should, in real processes: the call fails with a reason, nothing else does, and the next
 * call is answered again.
 */
import { chmod, writeFile } from "node:fs/promises"
import { join } from "node:path"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it, layer } from "@effect/vitest"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import * as TestClock from "effect/testing/TestClock"
import { vi } from "vitest"
import { parseConfig } from "../../src/config/parseConfig.ts"
import type { App } from "../../src/domain/App.ts"
import { applyPlugins } from "../../src/plugin/applyPlugins.ts"
import { callInTime, textReturned } from "../../src/plugin/callInside.ts"
import { loadPlugins } from "../../src/plugin/loadPlugins.ts"
import type { Runtime } from "../../src/runtime/Runtime.ts"

vi.setConfig({ testTimeout: 120_000 })

const runtime = {
  exec: (_: App, command: string) =>
    Effect.succeed({ code: 0, output: command === "huge" ? "x".repeat(5_000_000) : command })
} as unknown as Runtime

const appsYaml = (entry: string) =>
  `plugins: [./${entry}, ./good.mjs]\napps: { a: { recipe: ./p, runtime: local }, b: { recipe: ./p, runtime: local }, good: { recipe: ./good, runtime: local } }\n`

/** Two apps of the plugin with this text, and one of another plugin. */
const loaded = Effect.fnUntraced(function* (
  text: string,
  entry = "p.mjs",
  more: Readonly<Record<string, string>> = {}
) {
  const folder = yield* temporaryFolder()
  const files = {
    [entry]: text,
    "good.mjs": `export default { recipe: "good", hooks: { before: { seal: () => "well" } } }`,
    ...more
  }
  for (const [name, content] of Object.entries(files))
    yield* Effect.promise(() => writeFile(join(folder, name), content))
  const place = { file: join(folder, "lastgood.yaml"), folder, home: folder, abraDir: folder }
  const { config } = yield* Effect.fromResult(parseConfig(appsYaml(entry), place, () => "/var/lib/lastgood"))
  const plugins = yield* loadPlugins(config, {})
  const { apps, disabled } = yield* applyPlugins(config, plugins)
  const appOf = (name: string) => apps.find((app) => app.name === name)
  return {
    folder,
    broken: plugins.broken,
    disabled: Object.fromEntries([...disabled].map(([app, error]) => [app, error.message])),
    appOf,
    /** What its hook before `seal` comes to. */
    hook: (name: string, limitMs = 5000, step = "seal") =>
      Effect.gen(function* () {
        const plugged = appOf(name)
        const hook = plugged?.extension?.hooks.find((one) => one.step === step)
        if (plugged === undefined || hook === undefined) return yield* Effect.die(new Error(`${name} has no hook`))
        const app = { ...plugged, stage: "effective" as const }
        const told = { from: null, to: null, attempt: "1", kind: "upgrade", direction: "forward" } as const
        const ran = yield* Effect.result(
          callInTime(app, runtime, limitMs, (inside) => hook.run({ ...inside, ...told }))
        )
        return Result.isSuccess(ran) ? textReturned(app, ran.success) : `failed: ${ran.failure}`
      })
  }
})

const hook = (body: string) =>
  `export default { recipe: "p", hooks: { before: { seal: async ({ app, exec, signal }) => { if (app.name === "b") return "b is well"; ${body} } } } }`

layer(NodeServices.layer, { excludeTestServices: true })("a hook of a plugin that", (it) => {
  it.effect.each([
    ["never yields", "while (true) {}", /^failed: no answer within 1 s$/],
    ["never settles", "return new Promise(() => {})", /^failed: no answer within 1 s$/],
    [
      "exits as if all were well",
      "process.exit(0)",
      /^failed: its process \(.*p\.mjs\) exited with code 0 before it answered$/
    ],
    [
      "says why it exits",
      `console.error("no more paper"); process.exit(7)`,
      /exited with code 7 before it answered: no more paper$/
    ],
    ["kills itself", `process.kill(process.pid, "SIGKILL")`, /was killed by SIGKILL before it answered$/],
    [
      "rejects beside its answer",
      `Promise.reject(new Error("beside")); return "fine"`,
      /^failed: an unhandled promise was rejected: beside$/
    ],
    [
      "throws in a timer",
      `setTimeout(() => { throw new Error("in a timer") }, 10); return new Promise(() => {})`,
      /thrown outside of a call: in a timer$/
    ],
    [
      "throws what cannot be a text",
      `throw { get message() { throw 1 }, toString() { throw 2 } }`,
      /^failed: a value that cannot be converted to text$/
    ],
    [
      "throws an error whose message throws",
      `throw new (class extends Error { get message() { throw new Error("deep") } })()`,
      /^failed: a value that cannot be converted to text$/
    ],
    [
      "returns a getter that throws",
      `return { get reason() { throw new Error("from a getter") } }`,
      /^failed: from a getter$/
    ],
    [
      "returns a proxy that throws",
      `return new Proxy({}, { ownKeys() { throw new Error("from a proxy") } })`,
      /^failed: from a proxy$/
    ],
    ["returns a cycle", "const x = {}; x.x = x; return x", /^failed: it is nested more than 12 deep$/],
    ["returns more than fits", `return "x".repeat(10_000_000)`, /^failed: it holds more text than 1 MiB$/],
    ["returns a list without an end", "return new Array(1e9)", /^failed: it holds more than 20000 values$/],
    [
      "answers twice",
      "return { then(take) { take('once'); take('twice'); setTimeout(() => take('later'), 5) } }",
      /^once$/
    ],
    [
      "prints without an end",
      `for (let i = 0; i < 2000; i++) console.log("y".repeat(10_000)); return "done"`,
      /^done$/
    ],
    [
      "sends what is no message",
      `JSON.stringify = () => "{}"; return "short"`,
      /sent what lastgood does not understand$/
    ],
    [
      "sends without an end",
      `JSON.stringify = () => "z".repeat(20_000_000); return "long"`,
      /^failed: its process .* sent more than 8 MiB at once$/
    ],
    ["runs a command that is none", "await exec({})", /^failed: exec expects a command/],
    ["reads a great deal", `return String((await exec("huge")).output.length)`, /^5000000$/]
  ] as const)("%s", ([, body, expected]) =>
    Effect.gen(function* () {
      const world = yield* loaded(hook(body))
      assert.match(yield* world.hook("a", expected.source.includes("no answer") ? 1000 : 20_000), expected)
      assert.strictEqual(yield* world.hook("b"), "b is well")
      assert.strictEqual(yield* world.hook("good"), "well")
    })
  )
})

const isAlive = (pid: string): boolean => {
  try {
    process.kill(Number(pid), 0)
    return true
  } catch {
    return false
  }
}

const untilGone = (pid: string) =>
  Effect.sleep(20).pipe(Effect.repeat({ while: () => isAlive(pid) }), Effect.timeout("10 seconds"), Effect.orDie)

layer(NodeServices.layer, { excludeTestServices: true })("the processes of a plugin", (it) => {
  it.effect("report a promise that is rejected after its call at the next call, then continue", () =>
    Effect.gen(function* () {
      const later = `setTimeout(() => Promise.reject(new Error("too late")), 20); return "done"`
      const world = yield* loaded(hook(later))
      assert.strictEqual(yield* world.hook("a"), "done")
      yield* Effect.sleep(1500)
      assert.strictEqual(yield* world.hook("b"), "b is well")
      assert.match(
        yield* world.hook("a"),
        /^failed: its process \(.*p\.mjs\) ended after an earlier call: an unhandled promise was rejected: too late$/
      )
      assert.strictEqual(yield* world.hook("a"), "done")
    })
  )

  it.effect("run once per app, stay between calls, and end with the scope and everything that they started", () =>
    Effect.gen(function* () {
      const text = `import { spawn } from "node:child_process"
        let child
        export default { recipe: "p", hooks: { before: { seal: () => {
          child ??= spawn("sleep", ["600"], { stdio: "inherit" })
          return process.pid + " " + child.pid
        } } } }`
      const pids = yield* Effect.scoped(
        Effect.gen(function* () {
          const world = yield* loaded(text)
          const [a, b] = [yield* world.hook("a"), yield* world.hook("b")]
          assert.notStrictEqual(a, b)
          assert.strictEqual(yield* world.hook("a"), a)
          return `${a} ${b}`.split(" ")
        })
      )
      assert.strictEqual(pids.length, 4)
      yield* Effect.forEach(pids, untilGone)
    })
  )

  it.effect("get only the documented variables of lastgood's environment, and none of its descriptors", () =>
    Effect.gen(function* () {
      process.env["LASTGOOD_TEST_SECRET"] = "x"
      process.env["NODE_OPTIONS_TEST"] = "x"
      const text = `import { readdirSync, readlinkSync } from "node:fs"
        const open = () => readdirSync("/proc/self/fd").flatMap((fd) => { try { return [readlinkSync("/proc/self/fd/" + fd)] } catch { return [] } })
        export default { recipe: "p", hooks: { before: { seal: () =>
          Object.keys(process.env).filter((name) => /TEST|VITEST/.test(name)) + "|" + open().filter((to) => /hostile.test|events.db/.test(to)) + "|" + (process.env.PATH !== undefined) } } }`
      const world = yield* loaded(text)
      assert.strictEqual(yield* world.hook("a"), "||true")
    })
  )

  it.effect("get an aborted signal and a moment to end when a call times out", () =>
    Effect.gen(function* () {
      const text = `let aborted = 0
        export default { recipe: "p", hooks: { before: {
          seal: ({ signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => { aborted++; reject(new Error("gone")) })),
          tidy: () => aborted + " of " + process.pid
        } } }`
      const world = yield* loaded(text)
      const before = yield* world.hook("a", 5000, "tidy")
      assert.match(yield* world.hook("a", 300), /no answer/)
      yield* Effect.sleep(1000)
      assert.strictEqual(yield* world.hook("a", 5000, "tidy"), before.replace("0 of", "1 of"))
    })
  )

  it.effect("decode the settings themselves, and reveal no secret of them", () =>
    Effect.gen(function* () {
      const text = `export default { recipe: "p",
        settings: { "~standard": { version: 1, vendor: "x", validate: () => ({ value: { at: new Date(0), token: "correct-horse-battery" } }) } },
        hooks: { before: { seal: ({ app }) => { throw new Error(app.settings.at.getTime() + " " + app.settings.token) } } } }`
      const world = yield* loaded(text)
      assert.strictEqual(yield* world.hook("a"), "failed: 0 ***")
    })
  )
})

layer(NodeServices.layer, { excludeTestServices: true })("a plugin that breaks at the start", (it) => {
  it.effect.each([
    ["process.exit(0)", /: it cannot be imported: its process \(.*\) exited with code 0 before it answered$/],
    [`throw { toString() { throw 1 } }`, /: it cannot be imported: a value that cannot be converted to text$/],
    [
      `setTimeout(() => { throw new Error("soon") }); await new Promise(() => {})`,
      /: it cannot be imported: .*: soon$/
    ],
    [`export default new Proxy({ recipe: "p" }, { get() { throw new Error("a trap") } })`, /a trap$/],
    [`export default { get recipe() { throw new Error("a getter") } }`, /a getter$/],
    [
      `export default { recipe: "p", health: () => { throw { get message() { throw 1 } } } }`,
      /: its health function threw for a: a value that cannot be converted to text|: its health function threw for a: \[object Object\]$/
    ],
    [
      `export default { recipe: "p", health: () => [{ get http() { throw new Error("in a check") } }] }`,
      /threw for a: in a check$/
    ],
    [
      `export default { recipe: "p", health: () => process.exit(0) }`,
      /health function failed for a: its process .* exited with code 0/
    ],
    [
      `export default { recipe: "p", settings: { "~standard": { version: 1, vendor: "x", validate: () => ({ get issues() { throw new Error("issues") } }) } } }`,
      /its settings schema threw: issues$/
    ]
  ] as const)("%s", ([text, expected]) =>
    Effect.gen(function* () {
      const { appOf, disabled, hook } = yield* loaded(text)
      assert.deepStrictEqual(Object.keys(disabled), ["a", "b"])
      assert.match(disabled["a"] ?? "", expected)
      assert.match(disabled["a"] ?? "", /^plugin \.\/p\.mjs \(\/.*\/p\.mjs\): /)
      assert.isUndefined(appOf("a"))
      assert.strictEqual(yield* hook("good"), "well")
    })
  )

  /** Verifies: LAW-17 */
  it.effect("is not started again once others may write to it", () =>
    Effect.gen(function* () {
      const world = yield* loaded(hook("process.exit(0)"))
      assert.match(yield* world.hook("a"), /^failed: .*exited with code 0/)
      yield* Effect.promise(() => chmod(join(world.folder, "p.mjs"), 0o666))
      assert.match(yield* world.hook("a"), /^failed: it is not used: .*p\.mjs .*; chmod go-w /)
    })
  )

  it.effect.each([
    ["p.mjs", "export default {\n  recipe: 'p',\n  x y\n}\n", "p.mjs:3:5: "],
    ["p.js", "const a = 1\nmodule.exports = { recipe: 'p' oops }\n", "p.js:2:32: "],
    ["p.ts", "type A = string\nconst x: A = '1'\nexport default { recipe: x oops }\n", "p.ts:3:28: "],
    ["p.ts", "const a: = 5\n", "p.ts:1:10: "],
    ["p.mjs", "import './other.mjs'\nexport default { recipe: 'p' }\n", "other.mjs:2:7: "],
    ["p.mjs", "import { nope } from './good.mjs'\nexport default { recipe: 'p' }\n", "p.mjs:1:10: "]
  ] as const)("with a syntax error in %s says where: %s", ([entry, text, where]) =>
    Effect.gen(function* () {
      const { broken, disabled, folder } = yield* loaded(text, entry, { "other.mjs": "const a = 1\nconst b b\n" })
      assert.include(disabled["a"] ?? "", `it cannot be imported: ${folder}/${where}`)
      assert.match(broken[0]?.next ?? "", /^correct \/.*:\d+:\d+$/)
    })
  )
})

describe("a plugin that never yields", () => {
  const goesOn = (text: string, limit: "10 seconds" | "30 seconds", expected: RegExp) =>
    Effect.gen(function* () {
      const waiting = yield* Effect.forkChild(loaded(text), { startImmediately: true })
      // Files and processes come first, in real time: the clock is moved until the timeout has been reached.
      const moved = Effect.andThen(
        TestClock.adjust(limit),
        Effect.promise(() => new Promise((r) => setTimeout(r, 2000)))
      )
      yield* moved.pipe(Effect.repeat({ while: () => waiting.pollUnsafe() === undefined }))
      const { disabled } = yield* Fiber.join(waiting)
      assert.deepStrictEqual(Object.keys(disabled), ["a", "b"])
      assert.match(disabled["a"] ?? "", expected)
    }).pipe(Effect.provide(NodeServices.layer))

  it.effect("is killed while it is imported", () =>
    goesOn("while (true) {}", "30 seconds", /: it did not load within 30 seconds$/)
  )
  it.effect("is killed while it is asked for checks", () =>
    goesOn(
      `export default { recipe: "p", health: () => { while (true) {} } }`,
      "10 seconds",
      /: its health function did not answer for a within 10 s$/
    )
  )
})
