/** The life of an app: stopped on purpose, and started again on its data. */
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
      assert.match(again.stdout, /nothing to do: it is down already: it was stopped by/)
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
