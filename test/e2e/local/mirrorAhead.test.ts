/**
 * The daemon brings mirrors up to date ahead of upgrades. With a bandwidth of 1 MB/s and 60 MB of data it is at it for as
 * long as a test needs.
 */
import { randomBytes } from "node:crypto"
import { cpSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { killAll } from "@lastgood/testing/processes"
import type { Running } from "@lastgood/testing/startProgram"
import * as Effect from "effect/Effect"
import { expectApp, expectCode, expectWholeLog, installed } from "../expect.ts"
import { harms, migrates, v1, v2, type World, waitUntil } from "../harness.ts"

const slow = ", prepare: { bandwidth: 1MB/s }"

const mirrored = (more = "") => ({
  config: `    interval: 2s\n    policy: manual\n    snapshot: { engine: mirror${more} }\n`
})

const begun = /demo\b.*brings its mirrors up to date/g
const left = /demo\b.*leaves its mirrors, because another command wants the app/g

const countOf = (what: RegExp, { said }: Running): number => said().match(what)?.length ?? 0

/** It ends with the test. */
const daemon = (world: World) =>
  Effect.acquireRelease(
    Effect.sync(() => world.start(["reconcile"])),
    (running) =>
      Effect.andThen(
        Effect.sync(() => running.signal("SIGTERM")),
        running.done
      )
  )

const isMade = (world: World): boolean => existsSync(world.at("root", "demo", "mirror/data/manifest"))

/** As if the archive of the newest snapshot could not be made. */
const unseal = Effect.fnUntraced(function* (world: World) {
  const meta = JSON.parse((yield* world.textOf("root", "demo", "snapshot/meta.json")) ?? "")
  const { tree: _, ...archive } = meta.archives.data
  meta.format = 2
  meta.archives.data = { ...archive, mirror: "mirror/data", crc: "", sha256: null }
  rmSync(world.at("root", "demo", "snapshot/volumes/data.tar"))
  yield* world.write("root/demo/snapshot/meta.json", JSON.stringify(meta))
})

/** Once its mirrors are worked on, which takes a minute. */
const busyDaemon = Effect.gen(function* () {
  const world = yield* installed(mirrored(slow))
  writeFileSync(world.at("root", "demo", "volumes/data/large"), randomBytes(60_000_000))
  const running = yield* daemon(world)
  yield* waitUntil(
    "the daemon brings no mirror up to date",
    Effect.sync(() => countOf(begun, running) === 1),
    60_000
  )
  assert.isFalse(isMade(world))
  return { running, world }
})

const untilMade = (world: World, running: Running, times: number) =>
  waitUntil(
    `the mirrors were not made ${times} times`,
    Effect.sync(() => isMade(world) && countOf(begun, running) === times),
    60_000
  )

describe.concurrent("mirrors, by the daemon", () => {
  it.live("are made ahead of the first upgrade, and again once a rollback has used them up", () =>
    Effect.gen(function* () {
      const world = yield* installed(mirrored())
      const running = yield* daemon(world)
      yield* untilMade(world, running, 1)
      yield* world.tag(v2, harms)
      expectCode(yield* world.lastgood(["upgrade", "demo", "--to", v2, "--wait", "1m"]), 3)
      yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
      yield* untilMade(world, running, 2)
      // Neither another pass nor a restart that finds them makes them again.
      yield* Effect.sleep("2 seconds")
      assert.strictEqual(countOf(begun, running), 2)
      const again = yield* daemon(world)
      yield* Effect.sleep("2 seconds")
      assert.strictEqual(countOf(begun, again), 0)
      yield* expectWholeLog(world)
    })
  )

  it.live("are not said to be up to date if they could not be made", () =>
    Effect.gen(function* () {
      const world = yield* installed(mirrored())
      // In the place of an empty file.
      mkdirSync(world.at("root", "demo", "mirror/data/beside"), { recursive: true, mode: 0o700 })
      const running = yield* daemon(world)
      yield* waitUntil(
        "the daemon does not say that it failed",
        Effect.sync(() => countOf(/demo\b.*its mirrors could not be brought up to date/g, running) === 1),
        60_000
      )
      assert.isFalse(isMade(world))
      assert.strictEqual(countOf(/demo\b.*its mirrors were brought up to date/g, running), 0)
    })
  )

  /** Verifies: LAW-16 */
  it.live("are not made of data that somebody put in place of the app's", () =>
    Effect.gen(function* () {
      const world = yield* installed(mirrored())
      yield* killAll(world.at("root"))
      const data = world.at("root", "demo", "volumes/data")
      renameSync(data, `${data}.away`)
      cpSync(`${data}.away`, data, { recursive: true })
      const running = yield* daemon(world)
      yield* waitUntil(
        "the daemon does not say that the data is not the app's",
        Effect.map(world.log, ({ events }) => events.some(({ type }) => type === "DriftDetected")),
        60_000
      )
      yield* Effect.sleep("4 seconds")
      assert.strictEqual(countOf(begun, running), 0)
      assert.isFalse(isMade(world))
    })
  )

  /** Verifies: LAW-4 */
  it.live("are archived first if one is the only copy of a snapshot, of which `doctor` warns", () =>
    Effect.gen(function* () {
      const world = yield* installed(mirrored())
      yield* world.tag(v2, migrates)
      expectCode(yield* world.lastgood(["upgrade", "demo", "--to", v2]), 0)
      yield* unseal(world)
      const warning = /its archive could not be made, and its mirror is the only copy.*lastgood snapshot demo/s
      assert.match((yield* world.lastgood(["doctor", "demo"])).stdout, warning)
      yield* world.addRow("later")
      yield* daemon(world)
      const archive = world.at("root", "demo", "snapshot/volumes/data.tar")
      const isSealed = Effect.map(
        world.textOf("root", "demo", "snapshot/meta.json"),
        (meta) => existsSync(archive) && JSON.parse(meta ?? "{}").format === 1
      )
      yield* waitUntil("the archive was not made", isSealed, 60_000)
      expectCode(yield* world.lastgood(["verify", "demo"]), 0)
      assert.notMatch((yield* world.lastgood(["doctor", "demo"])).stdout, warning)
      expectCode(yield* world.lastgood(["rollback", "demo", "--wait", "1m"]), 0)
      yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
    })
  )

  /** Verifies: LAW-7 */
  it.live("are left at once for a command, which need not wait for them", () =>
    Effect.gen(function* () {
      const { running, world } = yield* busyDaemon
      assert.strictEqual((yield* world.lastgood(["status", "demo"])).code, 0)
      expectCode(yield* world.lastgood(["stop", "demo"]), 0)
      assert.isFalse(yield* world.isUp)
      yield* waitUntil(
        "the daemon does not say that it left them",
        Effect.sync(() => countOf(left, running) === 1),
        60_000
      )
      assert.strictEqual(countOf(begun, running), 1)
    })
  )

  /** Verifies: LAW-4, LAW-7, LAW-11 */
  it.live("lose nothing if the daemon is killed meanwhile, and the next command goes on", () =>
    Effect.gen(function* () {
      const { running, world } = yield* busyDaemon
      running.signal("SIGKILL")
      yield* running.done
      const yaml = (yield* world.textOf("lastgood.yaml")) ?? ""
      yield* world.write("lastgood.yaml", yaml.replace(slow, ""))
      yield* world.tag(v2, migrates)
      expectCode(yield* world.lastgood(["upgrade", "demo", "--to", v2]), 0)
      yield* expectApp(world, { version: v2, schema: 2, rows: ["a", "written by 2"] })
      expectCode(yield* world.lastgood(["verify", "demo"]), 0)
      expectCode(yield* world.lastgood(["rollback", "demo"]), 0)
      yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
    })
  )
})
