/** What an operator asks for, through the real command. */
import { rm, writeFile } from "node:fs/promises"
import { assert, describe, it } from "@effect/vitest"
import { kill } from "@lastgood/testing/processes"
import * as Effect from "effect/Effect"
import {
  expectApp,
  expectCode,
  expectNoOldCodeOnNewData,
  expectNoStrayProcess,
  expectWholeLog,
  installed
} from "../expect.ts"
import { harms, migrates, v1, v2, v3, type World, waitUntil } from "../harness.ts"

/** 1.1.0 runs on migrated data, with a row that was written since. */
const upgraded = Effect.fnUntraced(function* () {
  const world = yield* installed()
  yield* world.tag(v2, migrates)
  expectCode(yield* world.lastgood(["upgrade", "demo"]), 0)
  yield* world.addRow("c")
  return world
})

const snapshotIn = (data: unknown): string =>
  typeof data === "object" && data !== null && "snapshot" in data ? String(data.snapshot) : ""

/** As after a reboot, or a crash of the app. */
const killApp = Effect.fnUntraced(function* (world: World) {
  yield* Effect.forEach(yield* world.processes, ({ pid }) => kill(pid))
  yield* waitUntil(
    "the app did not die",
    Effect.map(world.processes, (left) => left.length === 0)
  )
})

describe.concurrent("lastgood rollback", () => {
  /** Verifies: LAW-2, LAW-3, LAW-8 */
  it.live("restores the old version and its rows after a committed upgrade, which is not repeated", () =>
    Effect.gen(function* () {
      const world = yield* upgraded()
      expectCode(yield* world.lastgood(["rollback", "demo"]), 0)
      yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
      const [attempt = ""] = yield* world.namesIn("root", "demo", "aside")
      const replaced = yield* world.textOf("root", "demo", "aside", attempt, "data", "rows.2")
      assert.strictEqual(replaced, "a\nwritten by 2\nc\n")

      // A gate that refuses is not a failure of the reconciler.
      expectCode(yield* world.lastgood(["reconcile", "--once"]), 0)
      expectCode(yield* world.lastgood(["upgrade", "demo"]), 5)
      yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
      expectCode(yield* world.lastgood(["retry", "demo"]), 0)
      expectCode(yield* world.lastgood(["upgrade", "demo"]), 0)
      yield* expectApp(world, { version: v2, schema: 2, rows: ["a", "written by 2"] })
      yield* expectNoOldCodeOnNewData(world)
      yield* expectWholeLog(world)
      yield* expectNoStrayProcess(world)
    })
  )

  it.live("that is repeated after an interruption rolls back once", () =>
    Effect.gen(function* () {
      const world = yield* upgraded()
      yield* world.tag(v3, { schema: 3 })
      expectCode(yield* world.lastgood(["upgrade", "demo"]), 0)
      expectCode(yield* world.lastgood(["rollback", "demo"], world.fault("back/restore:after:kill")), null)
      expectCode(yield* world.lastgood(["rollback", "demo"]), 0)
      yield* expectApp(world, { version: v2, schema: 2, rows: ["a", "written by 2", "c"] })
      yield* expectNoOldCodeOnNewData(world)
    })
  )
})

describe.concurrent("lastgood deploy", () => {
  /** Verifies: LAW-2 */
  it.live("refuses an older version on data that a newer one has used, also if the app is stopped", () =>
    Effect.gen(function* () {
      const world = yield* upgraded()
      yield* killApp(world)
      const ran = yield* world.lastgood(["deploy", "demo", "--to", v1, "--json"])
      assert.notStrictEqual(ran.code, 0)
      assert.match(ran.stdout + ran.stderr, /lastgood never starts old code on new data/)
      assert.isFalse(yield* world.isUp)
      expectCode(yield* world.lastgood(["deploy", "demo"]), 0)
      yield* expectApp(world, { version: v2, schema: 2, rows: ["a", "written by 2", "c"] })
      yield* expectNoOldCodeOnNewData(world)
    })
  )

  /** Verifies: LAW-2 */
  it.live("refuses an older version that is named, also as upgrade", () =>
    Effect.gen(function* () {
      const world = yield* upgraded()
      expectCode(yield* world.lastgood(["upgrade", "demo", "--to", v1]), 5)
      yield* expectApp(world, { version: v2, schema: 2, rows: ["a", "written by 2", "c"] })
      yield* expectNoOldCodeOnNewData(world)
    })
  )
})

describe.concurrent("lastgood snapshot and restore", () => {
  /** Verifies: LAW-3, LAW-11 */
  it.live("restores the data of the newest snapshot, and sets the replaced data aside", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      expectCode(yield* world.lastgood(["snapshot", "demo"]), 0)
      yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
      yield* world.addRow("b")
      expectCode(yield* world.lastgood(["restore", "demo"]), 0)
      yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
      const [attempt = ""] = yield* world.namesIn("root", "demo", "aside")
      assert.strictEqual(yield* world.textOf("root", "demo", "aside", attempt, "data", "rows.1"), "a\nb\n")
      expectCode(yield* world.lastgood(["verify", "demo"]), 0)
      yield* expectNoStrayProcess(world)
    })
  )

  /** Verifies: LAW-3 */
  it.live("touches nothing if the snapshot cannot be read: verify names it, restore fails, the app keeps running", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      expectCode(yield* world.lastgood(["snapshot", "demo"]), 0)
      yield* world.addRow("b")
      yield* world.flipBit("root", "demo", "snapshot", "volumes", "data.tar")
      const verified = yield* world.lastgood(["verify", "demo"])
      expectCode(verified, 1)
      assert.match(verified.stdout + verified.stderr, /data\.tar/)
      const starts = (yield* world.starts).length
      expectCode(yield* world.lastgood(["restore", "demo"]), 1)
      assert.strictEqual((yield* world.starts).length, starts)
      yield* expectApp(world, { version: v1, schema: 1, rows: ["a", "b"] })
    })
  )

  /** Verifies: LAW-3, LAW-6 */
  it.live("touches nothing if the snapshot no longer matches the log", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      expectCode(yield* world.lastgood(["snapshot", "demo"]), 0)
      const file = world.at("root", "demo", "snapshot", "meta.json")
      const meta = JSON.parse((yield* world.textOf("root", "demo", "snapshot", "meta.json")) ?? "{}")
      yield* Effect.promise(async () => {
        await writeFile(file, JSON.stringify({ ...meta, volumes: [], archives: {} }))
        await rm(world.at("root", "demo", "snapshot", "volumes", "data.tar"))
      })
      const verify = yield* world.lastgood(["verify"])
      expectCode(verify, 1)
      assert.match(verify.stdout, /FAIL +demo .*expected the captured volume data, found none/)
      yield* world.addRow("b")
      expectCode(yield* world.lastgood(["restore", "demo"]), 1)
      yield* expectApp(world, { version: v1, schema: 1, rows: ["a", "b"] })
    })
  )

  /** Verifies: LAW-4 */
  it.live("keeps the configured number of newest snapshots, and the link on a complete one", () =>
    Effect.gen(function* () {
      const world = yield* installed({ config: "    snapshot: { keep: 2 }\n" })
      for (let i = 0; i < 3; i++) expectCode(yield* world.lastgood(["snapshot", "demo"]), 0)
      const { events } = yield* world.log
      const taken = events.filter(({ type }) => type === "SnapshotTaken").map(({ data }) => snapshotIn(data))
      assert.strictEqual(taken.length, 3)
      assert.deepStrictEqual(yield* world.namesIn("root", "demo", "snapshots"), taken.slice(1))
      const meta = JSON.parse((yield* world.textOf("root", "demo", "snapshot", "meta.json")) ?? "{}")
      assert.strictEqual(meta.id, taken[2])
    })
  )

  /** Verifies: LAW-2 */
  it.live("refuses, as rollback does, after a first install, without touching the app", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      const starts = (yield* world.starts).length
      for (const command of ["rollback", "restore"]) {
        const ran = yield* world.lastgood([command, "demo"])
        expectCode(ran, 1)
        assert.match(ran.stderr, /there is no snapshot/)
      }
      assert.strictEqual((yield* world.starts).length, starts)
      yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
    })
  )

  it.live("starts the app with the env file of its deploy, even if the file has changed since", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      yield* world.setEnv({ MARK: "two" })
      expectCode(yield* world.lastgood(["snapshot", "demo"]), 0)
      assert.strictEqual((yield* world.page).mark, "one")
      assert.match((yield* world.textOf("root", "demo", "snapshot", "env")) ?? "", /^MARK=one$/m)
    })
  )
})

describe.concurrent("lastgood promote", () => {
  /** Verifies: LAW-5 */
  it.live("adopts a running app that is not in the log, after its health gate passed", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      yield* world.tag(v2, migrates)
      // As if lastgood had never been here: the app runs, the log is empty.
      yield* Effect.forEach(["events.db", "events.db-wal", "events.db-shm"], (name) =>
        Effect.promise(() => rm(world.at("root", name), { force: true }))
      )
      yield* Effect.promise(() => rm(world.at("root", "demo", "last_good")))
      const unknown = yield* world.lastgood(["upgrade", "demo"])
      expectCode(unknown, 1)
      assert.match(unknown.stdout + unknown.stderr, /lastgood promote demo/)

      yield* world.setTrouble(true)
      expectCode(yield* world.lastgood(["promote", "demo", "--version", v1, "--no-snapshot"]), 1)
      assert.isNull(yield* world.textOf("root", "demo", "last_good"))
      yield* world.setTrouble(false)

      expectCode(yield* world.lastgood(["promote", "demo", "--version", v1]), 0)
      yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
      expectCode(yield* world.lastgood(["upgrade", "demo"]), 0)
      yield* expectApp(world, { version: v2, schema: 2, rows: ["a", "written by 2"] })
    })
  )
})

describe.concurrent("lastgood promote --at-teardown", () => {
  /** Verifies: LAW-4, LAW-5 */
  it.live("leaves the app down as the last good version with its snapshot, until deploy", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      expectCode(yield* world.lastgood(["promote", "demo", "--at-teardown", "--no-snapshot"]), 64)
      yield* world.setTrouble(true)
      expectCode(yield* world.lastgood(["promote", "demo", "--at-teardown"]), 1)
      assert.isTrue(yield* world.isUp, "what is not healthy is not taken down")
      yield* world.setTrouble(false)

      const ran = yield* world.lastgood(["promote", "demo", "--at-teardown"])
      expectCode(ran, 0)
      assert.match(ran.stdout, /was taken down; to start it again: lastgood deploy demo/)
      assert.deepStrictEqual(yield* world.processes, [])
      assert.deepInclude(yield* world.status, { phase: "stopped", running: null, lastGood: v1 })
      const meta = JSON.parse((yield* world.textOf("root", "demo", "snapshot", "meta.json")) ?? "{}")
      assert.deepInclude(meta, { version: v1, volumes: ["data"] })

      yield* world.tag(v2, migrates)
      const upgrade = yield* world.lastgood(["upgrade", "demo"])
      expectCode(upgrade, 1)
      assert.match(
        upgrade.stderr,
        /it was stopped by the operator \(promote --at-teardown\)\nnext: lastgood deploy demo/
      )
      expectCode(yield* world.lastgood(["reconcile", "--once"]), 0)
      assert.deepStrictEqual(yield* world.processes, [])

      expectCode(yield* world.lastgood(["deploy", "demo"]), 0)
      yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
      expectCode(yield* world.lastgood(["upgrade", "demo"]), 0)
      yield* expectApp(world, { version: v2, schema: 2, rows: ["a", "written by 2"] })
    })
  )
})

describe.concurrent("lastgood hold", () => {
  it.live("stops upgrades until release", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      yield* world.tag(v2, migrates)
      expectCode(yield* world.lastgood(["hold", "demo", "--reason", "moving house"]), 0)
      const ran = yield* world.lastgood(["upgrade", "demo"])
      expectCode(ran, 5)
      assert.match(ran.stdout + ran.stderr, /moving house/)
      yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
      expectCode(yield* world.lastgood(["release", "demo"]), 0)
      expectCode(yield* world.lastgood(["upgrade", "demo"]), 0)
      yield* expectApp(world, { version: v2, schema: 2, rows: ["a", "written by 2"] })
    })
  )

  it.live("is recorded even if the attempt that had to be finished first failed", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      yield* world.tag(v2, harms)
      expectCode(yield* world.lastgood(["upgrade", "demo"], world.fault("forward/deploy:after:kill")), null)
      expectCode(yield* world.lastgood(["hold", "demo", "--reason", "enough for tonight"]), 3)
      yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
      yield* world.tag(v3)
      const ran = yield* world.lastgood(["upgrade", "demo"])
      expectCode(ran, 5)
      assert.match(ran.stdout + ran.stderr, /enough for tonight/)
    })
  )
})

describe.concurrent("lastgood reconcile --once", () => {
  it.live("upgrades within the policy, and leaves a larger step to the operator", () =>
    Effect.gen(function* () {
      const world = yield* installed({ config: "    policy: patch\n" })
      yield* world.tag(v2, migrates)
      expectCode(yield* world.lastgood(["reconcile", "--once"]), 0)
      yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
      yield* world.tag("1.0.1+1.0.1")
      expectCode(yield* world.lastgood(["reconcile", "--once"]), 0)
      yield* expectApp(world, { version: "1.0.1+1.0.1", schema: 1, rows: ["a"] })
    })
  )

  it.live("starts an app that the host lost on its own data", () =>
    Effect.gen(function* () {
      const world = yield* upgraded()
      yield* world.tag(v3)
      yield* killApp(world)
      expectCode(yield* world.lastgood(["hold", "demo", "--reason", "not now"]), 0)
      yield* world.lastgood(["reconcile", "--once"])
      yield* expectApp(world, { version: v2, schema: 2, rows: ["a", "written by 2", "c"] })
    })
  )
})

describe.concurrent("lastgood deploy", () => {
  /** Verifies: LAW-2 */
  it.live("applies a changed env file, which no other command does", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      const [commit = ""] = yield* world.namesIn("root", "demo", "releases")
      const kept = world.textOf("root", "demo", "releases", commit, `env.${v1}`)
      const before = yield* kept
      yield* world.setEnv({ MARK: "two" })
      expectCode(yield* world.lastgood(["plan", "demo"]), 0)
      expectCode(yield* world.lastgood(["deploy", "demo", "--to", "9.9.9+1"]), 1)
      assert.strictEqual(yield* kept, before)
      expectCode(yield* world.lastgood(["deploy", "demo"]), 0)
      assert.include((yield* kept) ?? "", "MARK=two")
    })
  )
})
