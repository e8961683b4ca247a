/** A due upgrade does not begin on an unhealthy app, because it could not roll back to a healthy one. */
import { appendFile } from "node:fs/promises"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { expectApp, expectCode, expectWholeLog, installed } from "../expect.ts"
import { makeWorld, migrates, type Ran, v1, v2 } from "../harness.ts"
import { expectUntouched } from "../watch.ts"

const old = { version: v1, schema: 1, rows: ["a"] }
const upgraded = { version: v2, schema: 2, rows: ["a", "written by 2"] }
const said = ({ stdout, stderr }: Ran) => stdout + stderr

/** 1.0.0 runs with a process beside the app, which then ends. */
const runsInPart = Effect.fnUntraced(function* () {
  const world = yield* makeWorld()
  yield* Effect.promise(() => appendFile(world.at("recipe", "Procfile"), "worker: exec sleep 1000\n"))
  yield* world.tag(v1)
  expectCode(yield* world.lastgood(["deploy", "demo"]), 0)
  yield* world.addRow("a")
  for (const { command, pid } of yield* world.processes) if (!command.includes("server.mjs")) process.kill(pid)
  return world
})

/** Verifies: LAW-14, LAW-10 */
describe.concurrent("an app that is not healthy", () => {
  it.live("is not upgraded, with one alert however many passes, until it is repaired", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      yield* world.tag(v2, migrates)
      yield* world.setTrouble(true)
      const refused = yield* expectUntouched(world, world.lastgood(["upgrade", "demo"]))
      expectCode(refused, 5)
      assert.match(said(refused), /unhealthy: it is unhealthy now \(.*503/)
      assert.match(
        said(refused),
        /next +repair it \(lastgood doctor demo\); or, .*lastgood upgrade demo --to 1\.1\.0\+1\.1\.0/
      )
      assert.match(said(yield* world.lastgood(["plan", "demo"])), /would refuse\n +why +it is unhealthy/)
      for (const _ of [1, 2]) {
        assert.match(said(yield* world.lastgood(["reconcile", "--once"])), /refused: unhealthy/)
      }
      // That the upgrade was refused, and that the app is not well.
      const [alert, ...more] = yield* world.alerts
      assert.deepStrictEqual([alert?.outcome, alert?.attempted, alert?.last_good], ["refused", v2, v1])
      assert.deepStrictEqual(
        more.map(({ outcome }) => outcome),
        ["unhealthy"]
      )
      assert.match(alert?.next ?? "", /lastgood doctor demo/)
      assert.notInclude(
        (yield* expectWholeLog(world)).map(({ type }) => type),
        "UpgradeAttempted"
      )
      yield* expectApp(world, old)
      yield* world.setTrouble(false)
      expectCode(yield* world.lastgood(["reconcile", "--once"]), 0)
      yield* expectApp(world, upgraded)
    })
  )

  it.live("is upgraded to a named version", () =>
    Effect.gen(function* () {
      const world = yield* runsInPart()
      yield* world.tag(v2, migrates)
      const refused = yield* world.lastgood(["upgrade", "demo"])
      expectCode(refused, 5)
      assert.match(said(refused), /unhealthy: .*worker/)
      expectCode(yield* world.lastgood(["upgrade", "demo", "--to", v2]), 0)
      yield* expectApp(world, upgraded)
    })
  )

  it.live("is reported even if there is no newer version", () =>
    Effect.gen(function* () {
      const world = yield* runsInPart()
      const nothing = yield* world.lastgood(["upgrade", "demo"])
      expectCode(nothing, 0)
      assert.match(said(nothing), /newest version; but some of its services are not running: lastgood doctor demo/)
      assert.match(
        said(yield* world.lastgood(["plan", "demo"])),
        /but some of its services are not running: lastgood doctor demo/
      )
    })
  )

  it.live("that is still starting is waited for by the daemon, as after a reboot", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      yield* world.tag(v2, migrates)
      yield* world.setTrouble(true)
      const passing = yield* Effect.forkChild(world.lastgood(["reconcile", "--once"]))
      yield* Effect.sleep("1500 millis")
      yield* world.setTrouble(false)
      expectCode(yield* Fiber.join(passing), 0)
      yield* expectApp(world, upgraded)
    })
  )
})
