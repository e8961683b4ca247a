/**
 * Upgrades and rollbacks with `snapshot.engine: btrfs`: the folder of the volume becomes a subvolume as `doctor` says, and
 * lastgood is killed before and after the steps that work with it.
 */
import { execFileSync } from "node:child_process"
import { randomBytes } from "node:crypto"
import { existsSync, lstatSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { btrfs, makeSubvolume, subvolumesAt } from "../../../packages/core/test/snapshot/btrfs/btrfs.ts"
import { filesystem, missingFor } from "../../../packages/core/test/snapshot/mirror/mirror.ts"
import { expectApp, expectCode, expectNoOldCodeOnNewData, installed } from "../expect.ts"
import { expectSettled } from "../faults/checks.ts"
import { killAndFinish } from "../faults/killAndFinish.ts"
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

/** An app whose folder was one before its first deploy. */
const onSubvolume = Effect.gen(function* () {
  const world = yield* makeWorld(options)
  makeSubvolume(world.at("root", "demo", "volumes", "data"))
  yield* world.tag(v1)
  expectCode(yield* world.lastgood(["deploy", "demo"]), 0)
  yield* world.addRow("a")
  return world
})

const killed = Effect.fnUntraced(function* (cell: Cell) {
  const world = yield* onSubvolume
  yield* world.tag(v2, cell.way.newer === "harms" ? harms : migrates)
  yield* killAndFinish(world, cell)
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

  it.live.skipIf(missing !== "")("is rolled back on a full disk, on which its archive cannot be made", () =>
    Effect.gen(function* () {
      const world = yield* onSubvolume
      writeFileSync(world.at("root", "demo", "volumes", "data", "blob"), randomBytes(16 * 1024 * 1024))
      yield* world.tag(v2, harms)
      expectCode(yield* world.lastgood(["upgrade", "demo"], world.fault("forward/health:before:kill")), null)
      const filler = world.at("root", "filler")
      execFileSync("sh", ["-c", `dd if=/dev/zero of="$0" bs=1M 2>/dev/null || true; sync --file-system "$0"`, filler])
      expectCode(yield* world.lastgood(["reconcile", "--once"]), 3)
      yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
      assert.isTrue(isSubvolume(world))
      yield* expectNoOldCodeOnNewData(world)
      rmSync(filler)
      // The snapshot is not sealed, and whole.
      expectCode(yield* world.lastgood(["verify", "demo"]), 0)
    })
  )

  /** Verifies: LAW-15 */
  it.live.skipIf(missing !== "")("whose data was replaced by a snapshot of it is refused, until a restore", () =>
    Effect.gen(function* () {
      const world = yield* onSubvolume
      const data = world.at("root", "demo", "volumes", "data")
      expectCode(yield* world.lastgood(["snapshot", "demo"]), 0)
      btrfs("subvolume", "snapshot", data, `${data}.new`)
      renameSync(data, `${data}.old`)
      renameSync(`${data}.new`, data)
      yield* world.tag(v2, migrates)
      const refused = yield* world.lastgood(["upgrade", "demo"])
      expectCode(refused, 5)
      assert.match(refused.stdout + refused.stderr, /volume data is another folder than the one with the app's data/)
      expectCode(yield* world.lastgood(["restore", "demo"]), 0)
      yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
      expectCode(yield* world.lastgood(["upgrade", "demo"]), 0)
    })
  )

  it.live.skipIf(missing !== "")("is removed with its data, and forgotten with what a rollback set aside", () =>
    Effect.gen(function* () {
      const world = yield* onSubvolume
      yield* world.tag(v2, harms)
      expectCode(yield* world.lastgood(["upgrade", "demo"]), 3)
      expectCode(yield* world.lastgood(["remove", "demo", "--data", "--yes"]), 0)
      assert.isFalse(existsSync(world.at("root", "demo", "volumes", "data")))
      assert.isTrue(existsSync(world.at("root", "demo", "aside")))
      const config = (yield* world.textOf("lastgood.yaml")) ?? ""
      yield* world.write("lastgood.yaml", `${config.slice(0, config.indexOf("apps:"))}apps: {}\n`)
      expectCode(yield* world.lastgood(["forget", "demo", "--yes"]), 0)
      assert.isFalse(existsSync(world.at("root", "demo")))
      assert.strictEqual(subvolumesAt(world.at("root")), 0)
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
