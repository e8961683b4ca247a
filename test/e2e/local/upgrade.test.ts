/** The way forward, through the real command. */
import { readFile } from "node:fs/promises"
import { assert, describe, it } from "@effect/vitest"
import { run } from "@lastgood/core/process/Tool"
import * as Effect from "effect/Effect"
import {
  expectApp,
  expectCode,
  expectNoOldCodeOnNewData,
  expectNoStrayProcess,
  expectWholeLog,
  installed
} from "../expect.ts"
import { exits, makeWorld, migrates, v1, v2, v3 } from "../harness.ts"

describe.concurrent("lastgood upgrade", () => {
  /** Verifies: LAW-5, LAW-6 */
  it.live("commits a healthy version, and updates last_good", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      yield* world.tag(v2, migrates)
      expectCode(yield* world.lastgood(["upgrade", "demo"]), 0)
      yield* expectApp(world, { version: v2, schema: 2, rows: ["a", "written by 2"] })
      const events = yield* expectWholeLog(world)
      const types = events.map(({ type }) => type)
      assert.isBelow(types.lastIndexOf("HealthPassed"), types.lastIndexOf("UpgradeCommitted"))
      const status = yield* world.status
      assert.deepStrictEqual(
        { phase: status.phase, running: status.running, lastGood: status.lastGood, quarantined: status.quarantined },
        { phase: "running", running: v2, lastGood: v2, quarantined: [] }
      )
      yield* expectNoStrayProcess(world)
      yield* expectNoOldCodeOnNewData(world)
    })
  )

  it.live("does nothing if the newest version is running, and exits with 0", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      const before = (yield* world.log).events.length
      const ran = yield* world.lastgood(["upgrade", "demo", "--json"])
      expectCode(ran, 0)
      assert.strictEqual(JSON.parse(ran.stdout).outcome, "nothing")
      assert.strictEqual((yield* world.log).events.length, before)
    })
  )

  /** Verifies: LAW-1 */
  it.live("takes a snapshot of everything that the app writes while it stops", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld()
      yield* world.tag(v1, { slowStop: 400 })
      expectCode(yield* world.lastgood(["deploy", "demo"]), 0)
      yield* world.tag(v2, { schema: 2 })
      expectCode(yield* world.lastgood(["upgrade", "demo"]), 0)
      const { rows } = yield* world.page
      assert.isAbove(rows.length, 10)
      const archive = world.at("root", "demo", "snapshot", "volumes", "data.tar")
      const { stdout } = yield* run("tar", ["-xOf", archive, "./rows.1"])
      assert.strictEqual(stdout, rows.map((row) => `${row}\n`).join(""))
    })
  )

  /** Verifies: LAW-14 */
  it.live("refuses an invalid version while the app runs on, without downtime", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      yield* Effect.promise(() => import("node:fs/promises").then((fs) => fs.rm(world.at("recipe", "Procfile"))))
      yield* world.tag(v2)
      const before = (yield* world.starts).length
      const ran = yield* world.lastgood(["upgrade", "demo"])
      expectCode(ran, 5)
      assert.match(ran.stdout + ran.stderr, /Procfile/)
      assert.strictEqual((yield* world.starts).length, before)
      yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
    })
  )

  /** Verifies: LAW-9 */
  it.live("deploys with the current env file, and rolls back with the old one", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      yield* world.setEnv({ MARK: "two" })
      yield* world.tag(v2, migrates)
      expectCode(yield* world.lastgood(["upgrade", "demo"]), 0)
      assert.strictEqual((yield* world.page).mark, "two")
      yield* world.setEnv({ MARK: "three" })
      yield* world.tag(v3, exits)
      expectCode(yield* world.lastgood(["upgrade", "demo"]), 3)
      assert.strictEqual((yield* world.page).mark, "two")
      yield* expectApp(world, { version: v2, schema: 2, rows: ["a", "written by 2"] })
    })
  )

  /** Verifies: LAW-6 */
  it.live("recreates the projections last_good and status from the log alone", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      const { rm } = yield* Effect.promise(() => import("node:fs/promises"))
      yield* Effect.promise(() => rm(world.at("root", "demo", "last_good")))
      assert.strictEqual((yield* world.status).lastGood, v1)
      expectCode(yield* world.lastgood(["upgrade", "demo"]), 0)
      assert.strictEqual(
        yield* Effect.promise(() => readFile(world.at("root", "demo", "last_good"), "utf8")),
        `${v1}\n`
      )
    })
  )
})
