/**
 * Code of a plugin in the real upgrade: checks, gates and hooks, what becomes of what they say, and that one which
 * breaks stops its own app only.
 */
import { writeFile } from "node:fs/promises"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { expectApp, expectCode, expectWholeLog } from "../expect.ts"
import { makeWorld, migrates, type Options, v1, v2, type World } from "../harness.ts"

/** A world whose app, at 1.0.0, is served by a plugin of its own, written in plain JavaScript. */
const plugged = Effect.fnUntraced(function* (body: string, options: Options = {}) {
  const world = yield* makeWorld({ ...options, config: `    plugin: ./plugin.mjs\n${options.config ?? ""}` })
  yield* say(world, "")
  yield* world.tag(v1)
  expectCode(yield* world.lastgood(["deploy", "demo"]), 0)
  yield* world.addRow("a")
  yield* say(world, body)
  return world
})

/** What the plugin is from now on. */
const say = (world: World, body: string) =>
  Effect.promise(() => writeFile(world.at("plugin.mjs"), `export default { recipe: "recipe", ${body} }\n`))

const hooksIn = Effect.fnUntraced(function* (world: World) {
  const { events } = yield* world.log
  return events.flatMap(({ type, data }) =>
    type === "HookRan" ? [data as { step: string; when: string; ok: boolean; output: string }] : []
  )
})

const refused = Effect.fnUntraced(function* (world: World, ...said: ReadonlyArray<RegExp>) {
  const ran = yield* world.lastgood(["upgrade", "demo"])
  expectCode(ran, 5)
  for (const words of said) assert.match(ran.stdout + ran.stderr, words)
  yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
  return ran
})

describe.concurrent("hooks of a plugin", () => {
  it.live("run before and after the steps, get the versions and the direction, and their results are in the log", () =>
    Effect.gen(function* () {
      const world = yield* plugged(`
        hooks: {
          before: { undeploy: async ({ app, from, to, exec }) => {
            const { code } = await exec("test -n \\"$LASTGOOD_VOLUME_DATA\\"", { service: "web" })
            return app.name + " " + from.version + " -> " + to.version + ", exec " + code + ", password=hunter2hunter2"
          } },
          after: { deploy: ({ direction }) => direction }
        }`)
      yield* world.tag(v2, migrates)
      expectCode(yield* world.lastgood(["upgrade", "demo"]), 0)
      const ran = yield* hooksIn(world)
      assert.deepStrictEqual(
        ran.map(({ step, when, ok, output }) => [when, step, ok, output]),
        [
          ["before", "undeploy", true, `demo ${v1} -> ${v2}, exec 0, password=***`],
          ["after", "deploy", true, "forward"]
        ]
      )
      yield* expectApp(world, { version: v2, schema: 2, rows: ["a", "written by 2"] })
    })
  )

  /** Verifies: LAW-2, LAW-9 */
  it.live("that fail in an upgrade cause a rollback, which no hook can stop", () =>
    Effect.gen(function* () {
      const world = yield* plugged(`
        hooks: {
          after: { deploy: ({ direction }) => { if (direction === "forward") throw new Error("the importer is not ready") } },
          before: { restore: () => { throw new Error("no way") }, health: { run: () => new Promise(() => {}), timeout: "300ms" } }
        }`)
      yield* world.tag(v2, migrates)
      const ran = yield* world.lastgood(["upgrade", "demo"])
      expectCode(ran, 3)
      yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
      const [alert] = yield* world.alerts
      assert.match(alert?.why ?? "", /hook after deploy of the plugin .*plugin\.mjs failed: the importer is not ready/)
      assert.deepStrictEqual(
        (yield* hooksIn(world)).map(({ step, ok, output }) => [step, ok, output]),
        [
          ["deploy", false, "the importer is not ready"],
          ["restore", false, "no way"],
          ["deploy", true, ""],
          ["health", false, "no answer within 0.3 s"]
        ]
      )
    })
  )

  /** Verifies: LAW-2, LAW-10 */
  it.live("that fail before undeploy restart the version as it ran, without touching its data", () =>
    Effect.gen(function* () {
      const world = yield* plugged(`hooks: { before: { undeploy: () => { throw new Error("no maintenance") } } }`)
      yield* world.tag(v2, migrates)
      expectCode(yield* world.lastgood(["upgrade", "demo"]), 3)
      yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
      const { events } = yield* world.log
      assert.isFalse(events.some(({ type }) => type === "DataSetAside" || type === "SnapshotTaken"))
      assert.deepStrictEqual(
        (yield* world.alerts).map(({ outcome, recovered }) => [outcome, recovered]),
        [["recovered", true]]
      )
    })
  )

  /** Verifies: LAW-10 */
  it.live("that fail after the commit keep the result, with an alert", () =>
    Effect.gen(function* () {
      const world = yield* plugged(`hooks: { after: { tidy: () => { throw new Error("no mail") } } }`)
      yield* world.tag(v2, migrates)
      expectCode(yield* world.lastgood(["upgrade", "demo"]), 0)
      yield* expectApp(world, { version: v2, schema: 2, rows: ["a", "written by 2"] })
      assert.match((yield* world.alerts)[0]?.why ?? "", /no mail/)
    })
  )

  /** Verifies: LAW-6, LAW-8 */
  it.live("that have passed do not run again if lastgood is killed in their step", () =>
    Effect.gen(function* () {
      const world = yield* plugged(`
        hooks: { before: { undeploy: async ({ exec }) => (await exec("echo flushed", { service: "web" })).output } }`)
      yield* world.tag(v2, migrates)
      expectCode(yield* world.lastgood(["upgrade", "demo"], world.fault("forward/undeploy:after:kill")), null)
      assert.isFalse(yield* world.isUp)
      expectCode(yield* world.lastgood(["upgrade", "demo"]), 0)
      yield* expectApp(world, { version: v2, schema: 2, rows: ["a", "written by 2"] })
      assert.deepStrictEqual(
        (yield* hooksIn(world)).map(({ step, ok, output }) => [step, ok, output.trim()]),
        [["undeploy", true, "flushed"]]
      )
    })
  )

  /** Verifies: LAW-6 */
  it.live("run again if lastgood was killed in one, and the attempt is finished", () =>
    Effect.gen(function* () {
      const world = yield* plugged(`
        hooks: { after: { snapshot: async ({ kind }) => {
          const { existsSync, writeFileSync } = await import("node:fs")
          const mark = new URL("killed", import.meta.url)
          if (!existsSync(mark)) { writeFileSync(mark, ""); process.kill(process.ppid, "SIGKILL"); await new Promise(() => {}) }
          return kind
        } } }`)
      yield* world.tag(v2, migrates)
      expectCode(yield* world.lastgood(["upgrade", "demo"]), null)
      assert.isFalse(yield* world.isUp)
      expectCode(yield* world.lastgood(["upgrade", "demo"]), 0)
      yield* expectApp(world, { version: v2, schema: 2, rows: ["a", "written by 2"] })
      assert.deepStrictEqual(
        (yield* hooksIn(world)).map(({ step, output }) => [step, output]),
        [["snapshot", "upgrade"]]
      )
      yield* expectWholeLog(world)
    })
  )

  it.live("that fail before the app was taken down refuse the upgrade", () =>
    Effect.gen(function* () {
      const world = yield* plugged(`hooks: { before: { prefetch: () => { throw new Error("not on a friday") } } }`)
      yield* world.tag(v2, migrates)
      yield* refused(world, /not on a friday/)
    })
  )
})

describe.concurrent("gates of a plugin", () => {
  /** Verifies: LAW-14 */
  it.live("hold an upgrade back with their reason, also in plan, without an alert; then let it continue", () =>
    Effect.gen(function* () {
      const world = yield* plugged(`gates: {
        always: () => undefined,
        backlog: async ({ app, to, trigger, exec }) =>
          (await exec("test -e /proc/self/" + trigger)).code === 0
            ? null
            : { reason: app.name + " has jobs to do before " + to.version, next: "wait for them" }
      }`)
      yield* world.tag(v2, migrates)
      const ran = yield* refused(world, /plugin:backlog: demo has jobs to do before 1\.1\.0/, /wait for them/)
      assert.notMatch(ran.stdout, /alert/)
      const plan = yield* world.lastgood(["plan", "demo"])
      assert.match(plan.stdout, /demo has jobs to do/)
      assert.deepStrictEqual(yield* world.alerts, [])
      yield* say(world, "gates: { backlog: () => null }")
      expectCode(yield* world.lastgood(["upgrade", "demo"]), 0)
    })
  )

  it.live("hold it back as well if they throw, time out or return an invalid value", () =>
    Effect.gen(function* () {
      const world = yield* plugged(`gates: { one: () => { throw new Error("cannot ask") } }`)
      yield* world.tag(v2, migrates)
      yield* refused(world, /plugin:one: .*failed: cannot ask/, /correct the plugin/)
      yield* say(world, `gates: { two: { run: () => new Promise(() => {}), timeout: "200ms" } }`)
      yield* refused(world, /plugin:two: .*no answer within 0\.2 s/)
      yield* say(world, "gates: { three: () => 42 }")
      yield* refused(world, /plugin:three: it returned a value that is not/)
    })
  )
})

describe.concurrent("checks of a plugin", () => {
  /** Verifies: LAW-9 */
  it.live("decide about the app's health, and give the reason for the rollback", () =>
    Effect.gen(function* () {
      const body = `health: () => [{ check: "rows", look: async ({ exec }) => {
        const { output } = await exec("cat \\"$LASTGOOD_VOLUME_DATA\\"/*")
        if (output.includes("written by 2")) throw new Error("rows of the future")
        return "fine"
      } }]`
      const world = yield* plugged(body, { checks: null })
      yield* world.tag(v2, migrates)
      const ran = yield* world.lastgood(["upgrade", "demo"])
      expectCode(ran, 3)
      assert.match(ran.stdout, /rows: rows of the future/)
      yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
    })
  )
})

describe.concurrent("lastgood plugin test --app", () => {
  it.live("checks the running app, and calls nothing that may change it", () =>
    Effect.gen(function* () {
      const health = `health: () => [{ check: "data", look: async ({ exec }) => {
        if ((await exec("ls $LASTGOOD_VOLUME_DATA")).output === "") throw new Error("no data")
      } }]`
      const never = `hooks: { before: { undeploy: () => { throw new Error("called") } } }`
      const world = yield* plugged(`${health}, ${never}`)
      const ran = yield* world.lastgood(["plugin", "test", "plugin.mjs", "--app", "demo"])
      expectCode(ran, 0)
      assert.match(ran.stdout, /OK {4}demo: data: passed/)
      assert.notMatch(ran.stdout, /called/)
      yield* say(world, `health: () => [{ http: "${world.url}/none", status: 204 }]`)
      const bad = yield* world.lastgood(["plugin", "test", "plugin.mjs", "--app", "demo"])
      expectCode(bad, 1)
      assert.match(bad.stdout, /FAIL {2}demo: http .*want 204/)
    })
  )
})

describe.concurrent("a broken plugin", () => {
  it.live("stops only its own app, with a clear error", () =>
    Effect.gen(function* () {
      const world = yield* plugged("health: 5", { config: "  other: { recipe: ./recipe, runtime: local }\n" })
      const one = yield* world.lastgood(["upgrade", "demo"])
      expectCode(one, 64)
      assert.match(one.stderr, /plugin\.mjs.*`health`: expected a function/s)
      assert.match(one.stderr, /next: correct/)
      const all = yield* world.lastgood(["status"])
      assert.match(all.stdout + all.stderr, /other/)
      yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
    })
  )
})
