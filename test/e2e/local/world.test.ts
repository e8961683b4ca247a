/** Changes to an app, its data or its log by somebody else: lastgood reports them and does not build on them. */
import { cp, mkdir, rename, rm } from "node:fs/promises"
import { assert, describe, it } from "@effect/vitest"
import { killAll } from "@lastgood/testing/processes"
import * as Effect from "effect/Effect"
import { expectApp, expectCode, expectNoOldCodeOnNewData, expectWholeLog, installed } from "../expect.ts"
import { migrates, type Ran, v1, v2, v3, type World } from "../harness.ts"

const said = ({ stdout, stderr }: Ran): string => `${stdout}\n${stderr}`

/** @returns what it said. */
const expectRefused = (ran: Ran, kind: string, next: RegExp): string => {
  expectCode(ran, 5)
  assert.include(said(ran), kind)
  assert.match(said(ran), next)
  return said(ran)
}

const data = (world: World) => world.at("root", "demo", "volumes", "data")
const stopApp = (world: World) => killAll(world.at("root"))
const driftsIn = (world: World) =>
  Effect.map(world.log, ({ events }) => events.filter(({ type }) => type === "DriftDetected").length)

/** Of an app that lastgood has upgraded once, and that has stopped. */
const stopped = Effect.gen(function* () {
  const world = yield* installed()
  yield* world.tag(v2, migrates)
  expectCode(yield* world.lastgood(["upgrade", "demo"]), 0)
  yield* world.addRow("b")
  yield* stopApp(world)
  return world
})

/** Verifies: LAW-15 */
describe.concurrent("lost data", () => {
  for (const [what, lose] of [
    ["with its volume", (world: World) => rm(data(world), { recursive: true })],
    ["removed from its volume", (world: World) => rm(data(world), { recursive: true }).then(() => mkdir(data(world)))],
    [
      "in a volume that somebody refilled",
      (world: World) =>
        rename(data(world), world.at("old")).then(() => cp(world.at("recipe"), data(world), { recursive: true }))
    ]
  ] as const) {
    it.live(`(${what}) is never replaced: every command refuses, with one alert, until restore`, () =>
      Effect.gen(function* () {
        const world = yield* stopped
        yield* Effect.promise(() => lose(world))
        const once = yield* world.lastgood(["reconcile", "--once"])
        expectCode(once, 1)
        assert.match(said(once), /data-missing.*lastgood restore demo/)
        expectRefused(yield* world.lastgood(["deploy", "demo"]), "data-missing", /lastgood restore demo/)
        expectRefused(yield* world.lastgood(["snapshot", "demo"]), "data-missing", /lastgood restore demo/)
        assert.include(said(yield* world.lastgood(["plan", "demo"])), "lastgood restore demo")
        assert.isFalse(yield* world.isUp)
        const told = (yield* world.alerts).filter(({ outcome }) => outcome === "data-missing")
        assert.deepStrictEqual([told.length, yield* driftsIn(world)], [1, 1])
        assert.match(told[0]?.next ?? "", /lastgood restore/)

        expectCode(yield* world.lastgood(["restore", "demo"]), 0)
        yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
        // It was not the version's fault.
        expectCode(yield* world.lastgood(["upgrade", "demo"]), 0)
        yield* expectApp(world, { version: v2, schema: 2, rows: ["a", "written by 2"] })
        yield* expectNoOldCodeOnNewData(world)
        yield* expectWholeLog(world)
      })
    )
  }

  for (const [what, moment] of [
    ["a way back that ended unhealthy", null],
    ["a restore that was killed after the swap", "back/restore:after:kill"],
    ["a restore that was killed after its evidence", "back/deploy:before:kill"]
  ] as const) {
    it.live(`after ${what} is detected before the app is started`, () =>
      Effect.gen(function* () {
        const world = yield* installed()
        yield* world.tag(v2, migrates)
        expectCode(yield* world.lastgood(["upgrade", "demo"]), 0)
        if (moment === null) {
          yield* world.setTrouble(true)
          expectCode(yield* world.lastgood(["rollback", "demo"]), 4)
          yield* world.setTrouble(false)
          yield* stopApp(world)
        } else {
          expectCode(yield* world.lastgood(["rollback", "demo"], world.fault(moment)), null)
        }
        const starts = (yield* world.starts).length
        yield* Effect.promise(async () => {
          await rename(data(world), `${data(world)}.away`)
          await mkdir(data(world))
        })
        const ran = yield* world.lastgood(["reconcile", "--once"])
        assert.notInclude([0, 130], ran.code, ran.stdout + ran.stderr)
        assert.strictEqual((yield* world.starts).length, starts)
        assert.isFalse(yield* world.isUp)
        expectCode(yield* world.lastgood(["restore", "demo"]), 0)
        yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
      })
    )
  }

  it.live("is given up only explicitly, and its snapshots are kept", () =>
    Effect.gen(function* () {
      const world = yield* stopped
      const before = yield* world.namesIn("root", "demo", "snapshots")
      yield* Effect.promise(() => rm(data(world), { recursive: true }))
      expectCode(yield* world.lastgood(["deploy", "demo", "--without-data"]), 0)
      yield* expectApp(world, { version: v2, schema: 2, rows: ["written by 2"] })
      for (let n = 0; n < 4; n++) expectCode(yield* world.lastgood(["snapshot", "demo"]), 0)
      const after = yield* world.namesIn("root", "demo", "snapshots")
      assert.deepStrictEqual(
        before.filter((name) => !after.includes(name)),
        []
      )
    })
  )
})

/** Verifies: LAW-16, LAW-2 */
describe.concurrent("a log that is older than the data", () => {
  const logFiles = ["events.db", "events.db-wal", "events.db-shm"]
  const copyLog = (from: string, to: string) =>
    Effect.promise(async () => {
      await mkdir(to, { recursive: true })
      for (const name of logFiles) await rm(`${to}/${name}`, { force: true })
      for (const name of logFiles) await cp(`${from}/${name}`, `${to}/${name}`).catch(() => undefined)
    })

  it.live("is refused until an operator decides", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      yield* copyLog(world.root, world.at("older"))
      yield* world.tag(v2, migrates)
      expectCode(yield* world.lastgood(["upgrade", "demo"]), 0)
      yield* copyLog(world.at("older"), world.root)
      for (const command of ["upgrade", "snapshot", "deploy"]) {
        expectCode(yield* world.lastgood([command, "demo"]), 5)
      }
      yield* expectApp(world, { version: v2, schema: 2, rows: ["a", "written by 2"] }).pipe(Effect.exit)
      assert.strictEqual((yield* world.page).version, v2)
      // lastgood can roll back to the snapshot that is not in the older log.
      const { events } = yield* world.log
      assert.lengthOf(
        events.filter(({ type }) => type === "SnapshotAdopted"),
        1
      )
      expectCode(yield* world.lastgood(["promote", "demo", "--version", v2]), 0)
      yield* expectApp(world, { version: v2, schema: 2, rows: ["a", "written by 2"] })
      expectCode(yield* world.lastgood(["snapshot", "demo"]), 0)
      yield* expectNoOldCodeOnNewData(world)
      expectCode(yield* world.lastgood(["rollback", "demo"]), 0)
      yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
    })
  )

  it.live("with an attempt in flight does not finish it on newer data", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      yield* world.tag(v2, migrates)
      expectCode(yield* world.lastgood(["upgrade", "demo"], world.fault("forward/snapshot:after:kill")), null)
      yield* copyLog(world.root, world.at("older"))
      expectCode(yield* world.lastgood(["upgrade", "demo"]), 0)
      yield* world.tag(v3, { ...migrates, schema: 3 })
      expectCode(yield* world.lastgood(["upgrade", "demo"]), 0)
      yield* world.addRow("c")
      for (const isUp of [true, false]) {
        if (!isUp) yield* stopApp(world)
        yield* copyLog(world.at("older"), world.root)
        const ran = yield* world.lastgood(["upgrade", "demo"])
        expectCode(ran, 5)
        assert.match(said(ran), /drift|log-behind/)
        expectCode(yield* world.lastgood(["reconcile", "--once"]), isUp ? 0 : 1)
        assert.strictEqual(yield* world.isUp, isUp)
      }
      expectCode(yield* world.lastgood(["deploy", "demo", "--to", v1, "--without-data"]), 1)
      expectCode(yield* world.lastgood(["deploy", "demo", "--to", v3, "--without-data"]), 0)
      yield* expectApp(world, { version: v3, schema: 3, rows: ["a", "written by 2", "c"] })
      yield* expectNoOldCodeOnNewData(world)
    })
  )

  it.live("from an import ends its attempt in flight as unknown", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      yield* world.tag(v2, migrates)
      expectCode(yield* world.lastgood(["upgrade", "demo"], world.fault("forward/snapshot:after:kill")), null)
      expectCode(yield* world.lastgood(["export", "--out", world.at("log.jsonl")]), 0)
      expectCode(yield* world.lastgood(["upgrade", "demo"]), 0)
      yield* Effect.promise(async () => {
        for (const name of logFiles) await rm(`${world.root}/${name}`, { force: true })
      })
      const imported = yield* world.lastgood(["import", world.at("log.jsonl")])
      expectCode(imported, 0)
      assert.include(imported.stdout, "its outcome is unknown")
      expectCode(yield* world.lastgood(["upgrade", "demo"]), 5)
      expectCode(yield* world.lastgood(["promote", "demo", "--version", v2]), 0)
      yield* expectApp(world, { version: v2, schema: 2, rows: ["a", "written by 2"] })
      yield* expectNoOldCodeOnNewData(world)
    })
  )
})

/** Verifies: LAW-16 */
describe.concurrent("a changed env file", () => {
  it.live("is applied by deploy with a snapshot, and rolled back with the data if it fails", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      yield* world.setEnv({ MARK: "two" })
      assert.match(said(yield* world.lastgood(["deploy", "demo"])), /is the last good version/)
      assert.strictEqual((yield* world.page).mark, "two")
      expectCode(yield* world.lastgood(["deploy", "demo"]), 0)
      assert.lengthOf(yield* world.namesIn("root", "demo", "snapshots"), 1)

      yield* world.setEnv({ MARK: "three", PORT: "1" })
      expectCode(yield* world.lastgood(["deploy", "demo"]), 3)
      assert.strictEqual((yield* world.page).mark, "two")
      yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
      assert.strictEqual(yield* driftsIn(world), 0)
    })
  )
})
