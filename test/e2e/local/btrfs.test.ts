/**
 * Upgrades and rollbacks with `snapshot.engine: btrfs`: the folder of the volume becomes a subvolume as `doctor` says, and
 * lastgood is killed before and after the steps that work with it.
 */
import { lstatSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { makeSubvolume } from "../../../packages/core/test/snapshot/btrfs/btrfs.ts"
import { filesystem, missingFor } from "../../../packages/core/test/snapshot/mirror/mirror.ts"
import { expectApp, expectCode, installed } from "../expect.ts"
import { expectEnding, expectSafe, expectSettled } from "../faults/checks.ts"
import { type Cell, cellsOf, ways } from "../faults/ways.ts"
import { harms, makeWorld, migrates, v1, v2, type World } from "../harness.ts"

const missing = missingFor("btrfs")

const options = { config: "    snapshot: { engine: btrfs }\n", home: filesystem("btrfs") }

const isSubvolume = (world: World): boolean => lstatSync(world.at("root", "demo", "volumes", "data")).ino === 256

/** An app whose folder is a subvolume: by the commands that `doctor` names. */
const converted = Effect.gen(function* () {
  const world = yield* installed(options)
  const { stdout } = yield* world.lastgood(["doctor", "demo"])
  assert.match(stdout, /volume data: captured as an archive: its folder is not a subvolume/)
  const [, first = "", second = ""] = /a restore makes it one: lastgood (.*), then lastgood (.*)/.exec(stdout) ?? []
  expectCode(yield* world.lastgood(first.split(" ")), 0)
  expectCode(yield* world.lastgood(second.trim().split(" ")), 0)
  yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
  assert.isTrue(isSubvolume(world))
  assert.match(
    (yield* world.lastgood(["doctor", "demo"])).stdout,
    /volume data: captured by a btrfs snapshot \(kept under the root\)/
  )
  return world
})

const killed = Effect.fnUntraced(function* ({ moment, step, way }: Cell) {
  const world = yield* makeWorld(options)
  makeSubvolume(world.at("root", "demo", "volumes", "data"))
  yield* world.tag(v1)
  expectCode(yield* world.lastgood(["deploy", "demo"]), 0)
  yield* world.addRow("a")
  yield* world.tag(v2, way.newer === "harms" ? harms : migrates)
  const fault = `${way.direction}/${step}:${moment}:kill`
  const faults = [way.after, fault].filter((one) => one !== null).join(",")
  expectCode(yield* world.lastgood(way.command, world.fault(faults)), null)
  yield* expectSafe(world)
  expectCode(yield* world.lastgood(way.command), way.ending.code)
  yield* expectEnding(world, way, way.ending)
  assert.isTrue(isSubvolume(world))
  yield* expectSettled(world)
})

const chosenWays = ["upgrade, forward", "upgrade, back with the data"]

/** They work with subvolumes. */
const chosenSteps = ["prefetch", "snapshot", "stage", "restore", "seal"]

/** The others are where a mirror does the same. */
const always = ["snapshot", "restore"]
const isAll = process.env["LASTGOOD_TEST_LOCAL_FAULTS"] === "all"
const isChosen = ({ kind, step }: Cell): boolean => kind === "kill" && (isAll ? chosenSteps : always).includes(step)

/** Verifies: LAW-2, LAW-3, LAW-4, LAW-6 */
describe.concurrent(`an app on a btrfs subvolume${missing === "" ? "" : ` (${missing})`}`, () => {
  it.live.skipIf(missing !== "")("is upgraded and rolled back with its data", () =>
    Effect.gen(function* () {
      const world = yield* converted
      yield* world.tag(v2, migrates)
      expectCode(yield* world.lastgood(["upgrade", "demo"]), 0)
      yield* expectApp(world, { version: v2, schema: 2, rows: ["a", "written by 2"] })
      expectCode(yield* world.lastgood(["verify", "demo"]), 0)
      expectCode(yield* world.lastgood(["rollback", "demo"]), 0)
      yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
      assert.isTrue(isSubvolume(world))
      expectCode(yield* world.lastgood(["verify", "demo"]), 0)
    })
  )

  for (const way of ways.filter(({ name }) => chosenWays.includes(name))) {
    describe.concurrent(way.name, () => {
      for (const cell of cellsOf(way).filter(isChosen)) {
        it.live.skipIf(missing !== "")(`is killed ${cell.moment} ${cell.step}`, () => killed(cell))
      }
    })
  }
})
