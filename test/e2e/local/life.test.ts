/** The life of an app: stopped on purpose and started again on its data, removed and brought back. */
import { rename } from "node:fs/promises"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { expectApp, expectCode, expectNoOldCodeOnNewData, expectWholeLog, installed } from "../expect.ts"
import { migrates, v1, v2, type World, waitUntil } from "../harness.ts"

const data = { version: v1, schema: 1, rows: ["a"] }

const expectDown = Effect.fnUntraced(function* (world: World) {
  // A daemon may watch it.
  const left = (yield* world.processes).filter(({ command }) => command.includes("server.mjs"))
  assert.deepStrictEqual(left, [])
  assert.isFalse(yield* world.isUp)
})

const expectNoAlerts = Effect.fnUntraced(function* (world: World) {
  assert.deepStrictEqual(yield* world.alerts, [])
})

/** Verifies: LAW-1, LAW-2, LAW-6, LAW-10 */
describe.concurrent("an app that is stopped on purpose", () => {
  it.live("stays down, without alerts and upgrades, until it is started on its data", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      yield* world.tag(v2, migrates)
      const stopped = yield* world.lastgood(["stop", "demo"])
      expectCode(stopped, 0)
      assert.match(stopped.stdout, /demo: it is stopped and stays stopped; to start it again: lastgood start demo/)
      yield* expectDown(world)
      expectCode(yield* world.lastgood(["reconcile", "--once"]), 0)
      yield* expectDown(world)
      yield* expectNoAlerts(world)

      const status = yield* world.status
      assert.strictEqual(status.phase, "stopped")
      assert.match(status.waitingFor ?? "", /^an operator: it was stopped by cli:.* at .*; lastgood start demo$/)
      const shown = JSON.parse((yield* world.lastgood(["status", "demo", "--json"])).stdout).apps[0]
      assert.match(shown.stopped.by, /^cli:/)
      assert.strictEqual(shown.since, shown.stopped.since)

      const again = yield* world.lastgood(["stop", "demo"])
      expectCode(again, 0)
      assert.match(again.stdout, /nothing to do: it is already down: it was stopped by/)
      const upgrade = yield* world.lastgood(["upgrade", "demo"])
      expectCode(upgrade, 1)
      assert.match(upgrade.stderr, /it was stopped by[\s\S]*next: lastgood start demo/)

      expectCode(yield* world.lastgood(["start", "demo"]), 0)
      yield* expectApp(world, data)
      yield* expectNoAlerts(world)
      yield* expectNoOldCodeOnNewData(world)
      const events = yield* expectWholeLog(world)
      assert.isFalse(events.some(({ type }) => type === "SnapshotTaken"))
      const started = yield* world.lastgood(["start", "demo"])
      assert.match(started.stdout, /nothing to do: 1\.0\.0\+1\.0\.0 is already running/)
      // It is an app like any other again.
      expectCode(yield* world.lastgood(["upgrade", "demo"]), 0)
    })
  )

  /** Verifies: LAW-15 */
  it.live("and whose data is missing is told of with one remedy, which is not a start", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      expectCode(yield* world.lastgood(["snapshot", "demo"]), 0)
      expectCode(yield* world.lastgood(["stop", "demo"]), 0)
      yield* Effect.promise(() => rename(world.at("root/demo/volumes/data"), world.at("elsewhere")))
      const refused = yield* world.lastgood(["start", "demo"])
      expectCode(refused, 5)
      const remedy =
        /bring the data back .*, or restore it: lastgood restore demo .*: lastgood deploy demo --without-data/
      assert.match(refused.stdout + refused.stderr, remedy)
      for (const flags of [[], ["--offline"]]) {
        const { stdout } = yield* world.lastgood(["status", ...flags])
        assert.match(stdout, /demo: waits for an operator: it was stopped by cli:[^;\n]+\n/)
        assert.lengthOf(stdout.match(/next: /g) ?? [], 1)
        assert.match(stdout, remedy)
        assert.notInclude(stdout, "lastgood start")
      }
      const { findings } = JSON.parse((yield* world.lastgood(["doctor", "demo", "--json"])).stdout)
      const about = findings.filter(({ seen }: { seen: string }) => /is down|data is not/.test(seen))
      assert.lengthOf(about, 1)
      assert.match(about[0].seen, /its data is not what lastgood left there: .*; it is down: it was stopped by/)
      assert.match(about[0].next, remedy)
      yield* Effect.promise(() => rename(world.at("elsewhere"), world.at("root/demo/volumes/data")))
      expectCode(yield* world.lastgood(["start", "demo"]), 0)
      yield* expectApp(world, data)
    })
  )

  it.live("is left alone by a daemon that watches it", () =>
    Effect.gen(function* () {
      const world = yield* installed({ config: "    interval: 1h\n", health: ", watch: 200ms" })
      yield* Effect.forkScoped(world.lastgood(["reconcile"]))
      yield* Effect.sleep("2 seconds")
      expectCode(yield* world.lastgood(["stop", "demo"]), 0)
      // Several looks of the watch.
      yield* Effect.sleep("2 seconds")
      yield* expectDown(world)
      yield* expectNoAlerts(world)
      expectCode(yield* world.lastgood(["start", "demo"]), 0)
      yield* expectApp(world, data)
      yield* expectNoAlerts(world)
    })
  )

  it.live("that fails to start is left unhealthy with an alert, and can be started again", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      expectCode(yield* world.lastgood(["stop", "demo"]), 0)
      yield* world.setTrouble(true)
      const failed = yield* world.lastgood(["start", "demo"])
      expectCode(failed, 4)
      assert.strictEqual((yield* world.status).phase, "unhealthy")
      assert.deepStrictEqual(
        (yield* world.alerts).map(({ outcome }) => outcome),
        ["unhealthy"]
      )
      expectCode(yield* world.lastgood(["stop", "demo"]), 0)
      yield* world.setTrouble(false)
      expectCode(yield* world.lastgood(["start", "demo"]), 0)
      yield* expectApp(world, data)
      yield* waitUntil(
        "the alert is not resolved",
        Effect.map(world.lastgood(["alerts", "--json"]), ({ stdout }) => !stdout.includes('"open"'))
      )
    })
  )
})

const snapshotsOf = (world: World) => world.namesIn("root", "demo", "snapshots")
const removed = (world: World) => world.lastgood(["remove", "demo", "--data", "--yes"])

/** Verifies: LAW-3, LAW-4, LAW-6, LAW-10, LAW-15 */
describe.concurrent("an app that is removed", () => {
  it.live("is down for good with a last snapshot, and comes back on its data", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      const ran = yield* world.lastgood(["remove", "demo"])
      expectCode(ran, 0)
      assert.match(ran.stdout, /demo: it is removed; its data stays; take it out of .*: lastgood deploy demo/)
      yield* expectDown(world)
      assert.lengthOf(yield* snapshotsOf(world), 1)
      assert.strictEqual((yield* world.status).phase, "removed")
      expectCode(yield* world.lastgood(["reconcile", "--once"]), 0)
      yield* expectDown(world)
      yield* expectNoAlerts(world)
      assert.match((yield* world.lastgood(["remove", "demo"])).stdout, /nothing to do: it was removed by/)

      expectCode(yield* world.lastgood(["deploy", "demo"]), 0)
      yield* expectApp(world, data)
      yield* expectNoOldCodeOnNewData(world)
      yield* expectWholeLog(world)
    })
  )

  it.live("keeps its data unless the operator agrees to what is deleted", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      const ran = yield* world.lastgood(["remove", "demo", "--data"])
      expectCode(ran, 64)
      assert.match(ran.stderr, /then deletes these volumes:\n {2}data \(.*\/volumes\/data, .*\)\n/)
      assert.match(ran.stderr, /run the same command with --yes/)
      yield* expectApp(world, data)
      assert.lengthOf(yield* snapshotsOf(world), 0)
    })
  )

  it.live("with its data can only be restored, or begun anew without it", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      expectCode(yield* removed(world), 0)
      yield* expectDown(world)
      assert.deepStrictEqual(yield* world.namesIn("root", "demo", "volumes"), [".lastgood"])
      expectCode(yield* world.lastgood(["verify", "demo"]), 0)
      expectCode(yield* world.lastgood(["reconcile", "--once"]), 0)
      yield* expectNoAlerts(world)
      assert.match((yield* removed(world)).stdout, /nothing to do/)
      for (const command of ["deploy", "start"]) {
        const refused = yield* world.lastgood([command, "demo"])
        expectCode(refused, 1)
        assert.match(refused.stderr, /its data was deleted when it was removed(.|\n)*lastgood restore demo --snapshot/)
      }
      expectCode(yield* world.lastgood(["restore", "demo"]), 0)
      yield* expectApp(world, data)

      expectCode(yield* removed(world), 0)
      expectCode(yield* world.lastgood(["deploy", "demo", "--without-data"]), 0)
      yield* expectApp(world, { ...data, rows: [] })
      assert.lengthOf(yield* snapshotsOf(world), 2)
      yield* expectNoAlerts(world)
    })
  )

  it.live("keeps its data if the last snapshot cannot be verified, and is started again", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      const ran = yield* world.lastgood(["remove", "demo", "--data", "--yes"], world.fault("forward/seal:after:error"))
      expectCode(ran, 3)
      yield* expectApp(world, data)
      assert.isFalse((yield* expectWholeLog(world)).some(({ type }) => type === "AppRemoved" || type === "DataRemoved"))
    })
  )

  it.live("keeps its data if the last snapshot is damaged before the volumes are deleted", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      yield* world.lastgood(["remove", "demo", "--data", "--yes"], world.fault("forward/erase:before:kill"))
      const [snapshot = ""] = yield* snapshotsOf(world)
      yield* world.flipBit("root", "demo", "snapshots", snapshot, "volumes", "data.tar")
      expectCode(yield* world.lastgood(["reconcile", "--once"]), 1)
      yield* expectDown(world)
      assert.strictEqual(yield* world.textOf("root", "demo", "volumes", "data", "rows.1"), "a\n")
      assert.match((yield* world.alerts)[0]?.why ?? "", /the last snapshot .* is damaged.*no volume is deleted/)
      assert.isFalse((yield* expectWholeLog(world)).some(({ type }) => type === "DataRemoved"))

      // The snapshot cannot be restored, and the log cannot tell that the data is whole: the operator says so.
      const remedy =
        /lastgood restore demo --snapshot \S+; .*: lastgood deploy demo --to 1\.0\.0\+1\.0\.0 --without-data; .*lastgood remove demo --data/
      assert.match((yield* world.status).waitingFor ?? "", remedy)
      expectCode(yield* world.lastgood(["restore", "demo"]), 1)
      const refused = yield* world.lastgood(["start", "demo"])
      expectCode(refused, 1)
      assert.match(refused.stderr, remedy)
      expectCode(yield* world.lastgood(["deploy", "demo", "--to", v1, "--without-data"]), 0)
      yield* expectApp(world, data)
      yield* expectNoOldCodeOnNewData(world)
    })
  )
})

describe("an app that is taken out of the configuration", () => {
  it.live("is named by status and doctor, with what is kept of it, until it is removed", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      expectCode(yield* world.lastgood(["snapshot", "demo"]), 0)
      const config = (yield* world.textOf("lastgood.yaml")) ?? ""
      const without = `${config.slice(0, config.indexOf("apps:"))}apps: {}\n`
      yield* world.write("lastgood.yaml", without)
      const status = yield* world.lastgood(["status"])
      expectCode(status, 0)
      const told =
        /demo: not in the configuration: 1\.0\.0\+1\.0\.0 should be running.*its log and 1 snapshot \(.*\) in .*root\/demo stay/
      assert.match(status.stdout, told)
      assert.match(status.stdout, /demo: next: put it back under apps:.*lastgood remove demo/)
      const { unconfigured } = JSON.parse((yield* world.lastgood(["status", "--json"])).stdout)
      assert.deepStrictEqual([unconfigured[0].app, unconfigured[0].running, unconfigured.length], ["demo", true, 1])
      assert.match((yield* world.lastgood(["doctor"])).stdout, /WARN {2}demo: configuration: not in the configuration/)

      yield* world.write("lastgood.yaml", config)
      expectCode(yield* world.lastgood(["remove", "demo"]), 0)
      yield* world.write("lastgood.yaml", without)
      assert.notInclude((yield* world.lastgood(["status"])).stdout, "demo")
    })
  )
})

const configured = (world: World) => Effect.map(world.textOf("lastgood.yaml"), (text) => text ?? "")

/** Removed with its data, and no longer in the configuration. */
const unconfigure = Effect.fnUntraced(function* (world: World) {
  const config = yield* configured(world)
  expectCode(yield* removed(world), 0)
  yield* world.write("lastgood.yaml", `${config.slice(0, config.indexOf("apps:"))}apps: {}\n`)
  return config
})

const forgotten = (world: World, more?: Readonly<Record<string, string>>) =>
  world.lastgood(["forget", "demo", "--yes"], more)

const expectForgotten = Effect.fnUntraced(function* (world: World) {
  assert.deepStrictEqual(
    (yield* world.namesIn("root")).filter((name) => name.includes("demo")),
    []
  )
  const events = yield* expectWholeLog(world)
  const [last, ...others] = events.filter(({ type }) => type === "AppForgotten")
  const noted = events.filter(({ type }) => type === "ForgettingNoted")
  assert.deepStrictEqual([others.length, noted.length], [0, 1])
  assert.strictEqual(noted[0]?.stream, "app/_host")
  assert.deepInclude(noted[0]?.data, { app: "demo", version: last?.version, hash: last?.hash })
})

/** Verifies: LAW-3, LAW-4, LAW-6 */
describe.concurrent("a removed app that is forgotten", () => {
  it.live("has no folder any more, and can begin anew", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      const config = yield* unconfigure(world)
      const asked = yield* world.lastgood(["forget", "demo"])
      expectCode(asked, 64)
      assert.match(
        asked.stderr,
        /its log ends after \d+ events, and this is deleted:\n {2}snapshot .* 1\.0\.0\+1\.0\.0 /
      )
      assert.match(asked.stderr, /root\/demo \(.* files\)[\s\S]*run the same command with --yes/)
      const dry = yield* world.lastgood(["forget", "demo", "--dry-run"])
      assert.match(dry.stdout, /nothing was changed/)
      assert.lengthOf(yield* snapshotsOf(world), 1)

      expectCode(yield* forgotten(world), 0)
      yield* expectForgotten(world)
      const again = yield* forgotten(world)
      expectCode(again, 1)
      assert.match(again.stderr, /it is forgotten already/)
      assert.notInclude((yield* world.lastgood(["status"])).stdout, "demo")

      yield* world.write("lastgood.yaml", config)
      expectCode(yield* world.lastgood(["deploy", "demo"]), 0)
      yield* expectApp(world, { ...data, rows: [] })
      assert.match((yield* world.lastgood(["restore", "demo"])).stderr, /snapshot/)
    })
  )

  it.live("is kept while it is configured, was not removed, or still has its data", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      const refused = Effect.fnUntraced(function* (why: RegExp) {
        const ran = yield* forgotten(world)
        expectCode(ran, 1)
        assert.match(ran.stderr, why)
        assert.isFalse((yield* expectWholeLog(world)).some(({ type }) => type === "AppForgotten"))
      })
      yield* refused(/it is in .*lastgood\.yaml[\s\S]*lastgood remove demo; then take apps\.demo out of/)
      const config = yield* configured(world)
      const without = `${config.slice(0, config.indexOf("apps:"))}apps: {}\n`
      yield* world.write("lastgood.yaml", without)
      yield* refused(/1\.0\.0\+1\.0\.0 should be running/)
      yield* world.write("lastgood.yaml", config)
      expectCode(yield* world.lastgood(["remove", "demo"]), 0)
      yield* world.write("lastgood.yaml", without)
      yield* refused(/its data is still in .*root\/demo\/volumes: data/)
      assert.strictEqual(yield* world.textOf("root", "demo", "volumes", "data", "rows.1"), "a\n")
      const unknown = yield* world.lastgood(["forget", "other", "--yes"])
      expectCode(unknown, 1)
      assert.match(unknown.stderr, /the log does not know it/)
      expectCode(yield* world.lastgood(["forget", "../root", "--yes"]), 64)
    })
  )

  for (const moment of ["forget:before", "forget:after", "hide:before", "hide:after"]) {
    it.live(`is forgotten whole by the same command after kill -9 at ${moment}`, () =>
      Effect.gen(function* () {
        const world = yield* installed()
        yield* unconfigure(world)
        expectCode(yield* forgotten(world, world.fault(`forward/${moment}:kill`)), null)
        const status = (yield* world.lastgood(["status"])).stdout
        const left = moment === "hide:after" ? ".trash-demo" : "demo"
        if (moment === "forget:before") assert.notInclude(status, "demo")
        else assert.match(status, /it was forgotten, but .* is not deleted yet[\s\S]*lastgood forget demo/)
        if (moment !== "forget:before") assert.include(status, `root/${left} is not`)
        expectCode(yield* forgotten(world), 0)
        yield* expectForgotten(world)
      })
    )
  }
})
