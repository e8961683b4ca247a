/** The configuration of a running daemon: what is written while it runs counts from the next thing that begins. */
import { appendFile, chmod, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { expectApp, expectCode, installed } from "../expect.ts"
import { migrates, v1, v2, type World, waitUntil } from "../harness.ts"
import { configure, makeTiny, tinyYaml } from "../tiny.ts"

const often = { config: "    interval: 300ms\n" }

/** All at once, as an editor does: half a file is another one. */
const replacePlugin = (world: World, text: string, mode = 0o600) =>
  Effect.promise(async () => {
    await writeFile(world.at("gate.mjs.next"), `export default ${text}\n`)
    await chmod(world.at("gate.mjs.next"), mode)
    await rename(world.at("gate.mjs.next"), world.at("gate.mjs"))
  })

/** Runs once it says so; `end` ends it and gives what it said. */
const daemon = Effect.fnUntraced(function* (world: World) {
  const running = yield* Effect.acquireRelease(
    Effect.sync(() => world.start(["reconcile"])),
    ({ signal }) => Effect.sync(() => signal("SIGKILL"))
  )
  yield* waitUntil(
    "the daemon does not start",
    Effect.sync(() => running.said().includes("lastgood watches")),
    90_000
  )
  const end = Effect.gen(function* () {
    running.signal("SIGTERM")
    assert.strictEqual((yield* running.done).code, 130, running.said())
    return running.said()
  })
  return { end, hangUp: Effect.sync(() => running.signal("SIGHUP")) }
})

/** As an editor does it: another file in the place of the first. */
const edit = (world: World, change: (yaml: string) => string) =>
  Effect.promise(async () => {
    const file = world.at("lastgood.yaml")
    await writeFile(`${file}.new`, change(await readFile(file, "utf8")))
    await rename(`${file}.new`, file)
  })

const version = (world: World) =>
  world.page.pipe(
    Effect.map((page) => page.version),
    Effect.catchCause(() => Effect.succeed("down"))
  )

const upgraded = (world: World) =>
  waitUntil(
    "the daemon does not upgrade",
    Effect.map(version(world), (found) => found === v2),
    90_000
  )

/** What has become of the alerts of an app, or of `_host`, in the order of the log. */
const fates = (world: World, app: string) =>
  Effect.map(world.log, ({ events }) =>
    events
      .filter(({ stream, type }) => stream === `app/${app}` && /^Alert(Raised|Acknowledged|Resolved)$/.test(type))
      .map(({ type }) => type.slice("Alert".length))
  )

const untilFates = (world: World, app: string, expected: ReadonlyArray<string>) =>
  waitUntil(
    `${app}: its alerts were not ${expected.join(", ")}`,
    Effect.map(fates(world, app), (found) => found.join() === expected.join()),
    90_000
  )

const breakYaml = (world: World) => Effect.promise(() => appendFile(world.at("lastgood.yaml"), "  - ] what is this\n"))
const mendYaml = (world: World) => edit(world, (yaml) => yaml.replace(/.*what is this\n/, ""))

const withPlugin = Effect.fnUntraced(function* (world: World) {
  yield* replacePlugin(world, '{ recipe: "recipe" }')
  yield* edit(world, (yaml) => yaml.replace("root: ./root\n", "root: ./root\nplugins: [./gate.mjs]\n"))
})

const count = (text: string, what: RegExp) => text.split("\n").filter((line) => what.test(line)).length

describe.concurrent("a change of the configuration while the daemon runs", () => {
  it.live("takes effect immediately, and SIGHUP reloads everything without ending the daemon", () =>
    Effect.gen(function* () {
      const world = yield* installed({ config: `${often.config}    policy: minor\n` })
      const { end, hangUp } = yield* daemon(world)
      yield* edit(world, (yaml) => yaml.replace("policy: minor", "policy: manual"))
      yield* world.tag(v2, migrates)
      yield* Effect.sleep("6 seconds")
      assert.strictEqual(yield* version(world), v1)
      yield* hangUp
      yield* Effect.sleep("3 seconds")
      yield* edit(world, (yaml) => yaml.replace("policy: manual", "policy: minor"))
      yield* upgraded(world)
      yield* waitUntil(
        "last_good does not move",
        Effect.map(world.status, ({ lastGood }) => lastGood === v2),
        60_000
      )
      yield* expectApp(world, { version: v2, schema: 2, rows: ["a", "written by 2"] })
      const said = yield* end
      assert.strictEqual(count(said, /demo: configuration changed: policy; policy minor → manual/), 1, said)
      assert.strictEqual(count(said, /reloaded .*lastgood\.yaml \(SIGHUP\): no app changed/), 1, said)
    })
  )

  it.live("that is invalid keeps the last valid settings, with one alert; another root needs a restart", () =>
    Effect.gen(function* () {
      const world = yield* installed(often)
      const { end } = yield* daemon(world)
      yield* Effect.promise(() => appendFile(world.at("lastgood.yaml"), "  - ] what is this\n"))
      yield* world.tag(v2, migrates)
      yield* upgraded(world)
      yield* edit(world, (yaml) => yaml.replace(/.*what is this\n/, "").replace("root: ./root", "root: ./other"))
      yield* Effect.sleep("4 seconds")
      yield* edit(world, (yaml) => yaml.replace("root: ./other", "root: ./root"))
      yield* Effect.sleep("4 seconds")
      const said = yield* end
      assert.strictEqual(
        count(said, /"level":"error".*lastgood\.yaml: .*the last valid configuration stays in force/),
        2,
        said
      )
      assert.strictEqual(
        count(said, /"level":"error","message":"[^"]*its root is now .*other, but.*restart lastgood/),
        1,
        said
      )
      const { events } = yield* world.log
      const about = events.filter(({ stream }) => stream === "app/_host").map(({ type }) => type)
      assert.deepStrictEqual(
        about.filter((type) => type === "AlertRaised" || type === "AlertResolved"),
        ["AlertRaised", "AlertRaised", "AlertResolved", "AlertResolved"]
      )
    })
  )

  /** Verifies: LAW-10 */
  it.live("with two errors raises two alerts, which are resolved separately and not by a restart", () =>
    Effect.gen(function* () {
      const world = yield* installed(often)
      yield* withPlugin(world)
      const before = yield* daemon(world)
      yield* replacePlugin(world, "((")
      yield* untilFates(world, "demo", ["Raised"])
      yield* breakYaml(world)
      yield* untilFates(world, "_host", ["Raised"])
      yield* Effect.sleep("4 seconds")
      assert.deepStrictEqual(yield* fates(world, "demo"), ["Raised"])
      yield* before.end

      yield* mendYaml(world)
      const between = yield* daemon(world)
      yield* untilFates(world, "_host", ["Raised", "Resolved"])
      yield* Effect.sleep("2 seconds")
      assert.deepStrictEqual(yield* fates(world, "demo"), ["Raised"])
      yield* between.end

      yield* replacePlugin(world, '{ recipe: "recipe" }')
      const after = yield* daemon(world)
      yield* untilFates(world, "demo", ["Raised", "Resolved"])
      yield* after.end
    })
  )

  it.live("that is invalid raises an alert of `_host`, which can be acknowledged", () =>
    Effect.gen(function* () {
      const world = yield* installed(often)
      const said = (...args: ReadonlyArray<string>) =>
        Effect.map(world.lastgood(args), (ran) => {
          expectCode(ran, 0)
          return ran.stdout
        })
      assert.match(yield* said("alerts", "_host"), /^no open alerts/)
      assert.match(yield* said("alerts", "ack", "_host"), /_host: nothing to do: no alert is open/)
      const { end } = yield* daemon(world)
      yield* breakYaml(world)
      yield* untilFates(world, "_host", ["Raised"])
      yield* end
      // While the configuration cannot be read, its root has to be named.
      expectCode(yield* world.lastgood(["alerts", "ack", "_host", "nothing", "--root", world.root]), 1)
      yield* mendYaml(world)
      assert.match(yield* said("alerts"), /^_host: failed, /)
      yield* breakYaml(world)
      assert.match(yield* said("alerts", "ack", "_host", "--root", world.root), /^_host: acknowledged/)
      yield* mendYaml(world)
      assert.match(yield* said("alerts"), /^no open alerts/)
      const { events } = yield* world.log
      const types = events.filter(({ stream }) => stream === "app/_host").map(({ type }) => type)
      assert.notInclude(types, "AppRegistered")
      const again = yield* daemon(world)
      yield* untilFates(world, "_host", ["Raised", "Acknowledged", "Resolved"])
      yield* again.end
    })
  )

  /** Verifies: LAW-10 */
  it.live("that is invalid has its alert delivered by a later pass if the first delivery failed", () =>
    Effect.gen(function* () {
      const world = yield* installed(often)
      const { end } = yield* daemon(world)
      yield* Effect.promise(() => mkdir(world.at("root", "_host"), { recursive: true, mode: 0o700 }))
      const place = world.at("root", "_host", "alerts")
      yield* Effect.promise(() => writeFile(place, ""))
      yield* breakYaml(world)
      yield* untilFates(world, "_host", ["Raised"])
      yield* Effect.sleep("2 seconds")
      yield* Effect.promise(() => rm(place))
      yield* waitUntil(
        "the alert is not delivered",
        Effect.map(world.namesIn("root", "_host", "alerts"), ({ length }) => length === 1),
        30_000
      )
      assert.match(yield* end, /alert not delivered to file/)
    })
  )

  /** Verifies: LAW-10 */
  it.live("that is invalid has its alert delivered by `reconcile --once` if the daemon could not", () =>
    Effect.gen(function* () {
      const world = yield* installed(often)
      yield* Effect.promise(() => mkdir(world.at("root", "_host"), { recursive: true, mode: 0o700 }))
      const place = world.at("root", "_host", "alerts")
      yield* Effect.promise(() => writeFile(place, ""))
      const { end } = yield* daemon(world)
      yield* breakYaml(world)
      yield* untilFates(world, "_host", ["Raised"])
      yield* end
      yield* mendYaml(world)
      expectCode(yield* world.lastgood(["reconcile", "--once"]), 0)
      yield* Effect.promise(() => rm(place))
      for (const _ of ["delivers it", "has nothing to deliver"]) {
        expectCode(yield* world.lastgood(["reconcile", "--once"]), 0)
        assert.strictEqual((yield* world.alertsOf("_host")).length, 1)
      }
      const { events } = yield* world.log
      assert.strictEqual(events.filter(({ type }) => type === "AlertDelivered").length, 1)
      assert.deepStrictEqual(yield* fates(world, "_host"), ["Raised"])
    })
  )

  it.live("adds and removes apps", () =>
    Effect.gen(function* () {
      const world = yield* installed(often)
      yield* makeTiny(world, v1)
      const { end } = yield* daemon(world)
      const yaml = tinyYaml("fresh", { more: "    interval: 300ms\n" })
      yield* configure(world, yaml)
      expectCode(yield* world.lastgood(["deploy", "fresh", "--wait", "1m"]), 0)
      const leader = Effect.map(world.textOf("root", "fresh", "run", "web.json"), (text) =>
        Number(JSON.parse(text ?? "{}").pid)
      )
      const first = yield* leader
      process.kill(first, "SIGKILL")
      yield* waitUntil(
        "the daemon does not bring the new app back",
        Effect.map(leader, (pid) => pid > 0 && pid !== first),
        90_000
      )
      yield* edit(world, (text) => text.replace(yaml, ""))
      yield* Effect.sleep("6 seconds")
      const second = yield* leader
      process.kill(second, "SIGKILL")
      yield* Effect.sleep("5 seconds")
      assert.strictEqual(yield* leader, second)
      const said = yield* end
      assert.strictEqual(count(said, /fresh: added to the configuration/), 1, said)
      assert.strictEqual(count(said, /fresh: removed from the configuration/), 1, said)
    })
  )

  it.live("in a plugin takes effect too; a broken plugin keeps its app's settings, with an alert", () =>
    Effect.gen(function* () {
      const world = yield* installed(often)
      const plugin = (gate: string) => replacePlugin(world, `{ recipe: "recipe", gates: { night: ${gate} } }`)
      yield* plugin('() => "not tonight"')
      yield* edit(world, (yaml) => yaml.replace("root: ./root\n", "root: ./root\nplugins: [./gate.mjs]\n"))
      const { end } = yield* daemon(world)
      yield* world.tag(v2, migrates)
      yield* Effect.sleep("6 seconds")
      assert.strictEqual(yield* version(world), v1)
      yield* plugin("((")
      yield* waitUntil(
        "the alert about the plugin is not raised",
        world.alerts.pipe(
          Effect.map((all) => all.some(({ outcome, why }) => outcome === "failed" && why.includes("gate.mjs"))),
          Effect.catchCause(() => Effect.succeed(false))
        ),
        90_000
      )
      assert.strictEqual(yield* version(world), v1)
      const acknowledged = yield* world.lastgood(["alerts", "ack", "demo"])
      assert.match(acknowledged.stdout, /^demo: acknowledged/, acknowledged.stderr)
      yield* plugin("() => undefined")
      yield* upgraded(world)
      const said = yield* end
      assert.strictEqual(count(said, /demo: configuration changed: plugin/), 1, said)
      assert.strictEqual(count(said, /yaml is valid again/), 1, said)
    })
  )

  /** Verifies: LAW-17 */
  it.live.skipIf(process.getuid?.() !== 0)("in a plugin that others may write to leaves its app untouched", () =>
    Effect.gen(function* () {
      const world = yield* installed(often)
      yield* replacePlugin(world, '{ recipe: "recipe", gates: { night: () => "not tonight" } }')
      yield* edit(world, (yaml) => yaml.replace("root: ./root\n", "root: ./root\nplugins: [./gate.mjs]\n"))
      const { end } = yield* daemon(world)
      yield* Effect.sleep("3 seconds")
      yield* replacePlugin(world, '{ recipe: "recipe" }', 0o666)
      yield* waitUntil(
        "the alert about the plugin is not raised",
        world.alertsOf("_host").pipe(
          Effect.map((all) => all.some(({ outcome, why }) => outcome === "failed" && why.includes("is not used"))),
          Effect.catchCause(() => Effect.succeed(false))
        ),
        90_000
      )
      yield* world.tag(v2, migrates)
      yield* edit(world, (yaml) => `# another word\n${yaml}`)
      yield* Effect.sleep("6 seconds")
      assert.strictEqual(yield* version(world), v1)
      assert.deepStrictEqual(yield* fates(world, "_host"), ["Raised"])
      yield* replacePlugin(world, '{ recipe: "recipe" }', 0o600)
      yield* upgraded(world)
      yield* untilFates(world, "_host", ["Raised", "Resolved"])
      const said = yield* end
      assert.match(said, /demo: .*gate\.mjs.*; lastgood does not work on it/)
      assert.notMatch(said, /demo: (removed from|added to) the configuration/)
    })
  )
})
