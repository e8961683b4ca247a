/** lastgood adopts a root of its predecessor without loss, and can roll back to its snapshot. */
import { readdir, rm, writeFile } from "node:fs/promises"
import { assert, describe, it } from "@effect/vitest"
import { run } from "@lastgood/core/process/Tool"
import * as Effect from "effect/Effect"
import { vi } from "vitest"
import { expectApp, expectCode, expectNoOldCodeOnNewData, expectWholeLog, installed } from "../expect.ts"
import { harms, migrates, type Ran, v1, v2, type World } from "../harness.ts"
import { takeWarm, type Until, writeLastGood } from "./warmRoot.ts"

// Each test runs lastgood five times and more.
vi.setConfig({ testTimeout: 300_000 })

const seedId = "20261101T030000Z"
const said = ({ stdout, stderr }: Ran) => stdout + stderr

const warmOf = (world: World, ts: string) => ({
  appDir: world.at("root", "demo"),
  recipe: "demo",
  domain: "demo",
  version: v1,
  commit: null,
  ts,
  volumes: { data: world.at("root", "demo", "volumes", "data") }
})

/**
 * 1.0.0 runs with the rows `a` and `since`; the warm snapshot holds `a` alone. Nothing else of lastgood's is in the root:
 * no log, no snapshot, no release.
 */
const warmWorld = Effect.fnUntraced(function* (until: Until = "end") {
  const world = yield* installed()
  const root = world.at("root")
  yield* Effect.promise(async () => {
    for (const name of await readdir(root)) if (name.startsWith("events.db")) await rm(world.at("root", name))
    for (const name of ["snapshot", "snapshots", "aside", "staged", "alerts", "claim"])
      await rm(world.at("root", "demo", name), { recursive: true, force: true })
  })
  yield* takeWarm(warmOf(world, "2026-11-01T03:00:00Z"))
  yield* writeLastGood(world.at("root", "demo"), v1)
  yield* world.addRow("since")
  if (until !== "end") yield* takeWarm(warmOf(world, "2026-11-02T03:00:00Z"), until)
  return world
})

/** Every archive of the warm snapshot's rows that is on disk, wherever. */
const archivesWith = Effect.fnUntraced(function* (world: World, rows: string) {
  const { stdout } = yield* run("find", [world.at("root", "demo"), "-name", "data.tar"])
  const found: Array<string> = []
  for (const path of stdout.split("\n").filter((line) => line !== "")) {
    const content = yield* run("tar", ["-xOf", path, "./rows.1"]).pipe(
      Effect.map((result) => result.stdout),
      Effect.orElseSucceed(() => "")
    )
    if (content === rows) found.push(path)
  }
  return found
}, Effect.orDie)

const expectNothingLost = Effect.fnUntraced(function* (world: World) {
  assert.isNotEmpty(yield* archivesWith(world, "a\n"), "the warm snapshot is on disk")
  const listed = yield* world.lastgood(["snapshots", "demo"])
  expectCode(listed, 0)
  assert.include(listed.stdout, seedId)
})

describe.concurrent("a root of the predecessor", () => {
  /** Verifies: LAW-4, LAW-6 */
  it.live("lists its snapshot, is promoted, and a failing upgrade rolls back to its version and data", () =>
    Effect.gen(function* () {
      const world = yield* warmWorld()
      // As its scripts name the root; no other is configured.
      const config = ((yield* world.textOf("lastgood.yaml")) ?? "").replace("root: ./root\n", "")
      yield* Effect.promise(() => writeFile(world.at("lastgood.yaml"), config))
      const env = { CCCI_WARM_ROOT: world.at("root") }
      const listed = yield* world.lastgood(["snapshots", "demo"], env)
      expectCode(listed, 0)
      assert.include(listed.stdout, seedId)
      assert.include(listed.stdout, v1)
      const early = yield* world.lastgood(["upgrade", "demo"], env)
      expectCode(early, 1)
      assert.match(said(early), /lastgood promote demo/)
      expectCode(yield* world.lastgood(["promote", "demo", "--version", v1], env), 0)
      yield* world.tag(v2, harms)
      expectCode(yield* world.lastgood(["upgrade", "demo"], env), 3)
      yield* expectApp(world, { version: v1, schema: 1, rows: ["a", "since"] })
      yield* expectNoOldCodeOnNewData(world)
      assert.isNotEmpty(yield* archivesWith(world, "a\n"))
      const events = yield* expectWholeLog(world)
      assert.strictEqual(events.filter(({ type }) => type === "SnapshotAdopted").length, 1)
      // Straight from the warm snapshot: its data, without what came since.
      expectCode(yield* world.lastgood(["restore", "demo", "--snapshot", seedId], env), 0)
      yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
    })
  )

  for (const command of ["rollback", "restore"]) {
    /** Verifies: LAW-2, LAW-3 */
    it.live(`can be restored by ${command} as the first command`, () =>
      Effect.gen(function* () {
        const world = yield* warmWorld()
        expectCode(yield* world.lastgood([command, "demo"]), 0)
        yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
        yield* expectNothingLost(world)
        yield* expectNoOldCodeOnNewData(world)
        const [attempt = ""] = yield* world.namesIn("root", "demo", "aside")
        assert.strictEqual(yield* world.textOf("root", "demo", "aside", attempt, "data", "rows.1"), "a\nsince\n")
        yield* world.tag(v2, migrates)
        expectCode(yield* world.lastgood(["upgrade", "demo"]), 0)
        yield* expectApp(world, { version: v2, schema: 2, rows: ["a", "written by 2"] })
      })
    )
  }

  for (const until of ["archives", "meta", "between the renames"] as const) {
    /** Verifies: LAW-4 */
    it.live(`whose predecessor was killed (${until}) loses nothing`, () =>
      Effect.gen(function* () {
        const world = yield* warmWorld(until)
        yield* expectNothingLost(world)
        expectCode(yield* world.lastgood(["promote", "demo", "--version", v1]), 0)
        yield* expectNothingLost(world)
        assert.isNotEmpty(yield* archivesWith(world, "a\nsince\n"))
        expectCode(yield* world.lastgood(["restore", "demo", "--snapshot", seedId]), 0)
        yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
      })
    )
  }

  for (const fault of ["forward/undeploy:after:kill", "forward/snapshot:before:kill", "forward/snapshot:after:kill"]) {
    /** Verifies: LAW-4 */
    it.live(`is complete after kill -9 at ${fault} of the first promote`, () =>
      Effect.gen(function* () {
        const world = yield* warmWorld()
        expectCode(yield* world.lastgood(["promote", "demo", "--version", v1], world.fault(fault)), null)
        yield* expectNothingLost(world)
        expectCode(yield* world.lastgood(["promote", "demo", "--version", v1]), 0)
        yield* expectNothingLost(world)
        yield* expectApp(world, { version: v1, schema: 1, rows: ["a", "since"] })
        assert.match(said(yield* world.lastgood(["verify", "demo"])), new RegExp(seedId))
      })
    )
  }
})
