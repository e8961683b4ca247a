/**
 * Upgrades and rollbacks with `snapshot.engine: mirror`: lastgood is killed before and after each step, and started again.
 * What must hold afterwards is what must hold with archives.
 */
import { existsSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { expectApp, expectCode, installed } from "../expect.ts"
import { expectSettled } from "../faults/checks.ts"
import { killAndFinish } from "../faults/killAndFinish.ts"
import { type Cell, cellsOf, ways } from "../faults/ways.ts"
import { harms, migrates, v1, v2, type World } from "../harness.ts"

const mirrors = { config: "    snapshot: { engine: mirror }\n" }

const dataOf = Schema.decodeUnknownSync(
  Schema.Struct({
    volumes: Schema.Array(Schema.Struct({ crc: Schema.String, manifest: Schema.optionalKey(Schema.String) }))
  })
)

/** The volumes of all snapshots, oldest first. */
const taken = Effect.fnUntraced(function* (world: World) {
  const { events } = yield* world.log
  return events.flatMap(({ data, type }) => (type === "SnapshotTaken" ? dataOf(data).volumes : []))
})

/** Whether any snapshot is one of a mirror. */
const isFromMirror = (world: World) =>
  Effect.map(taken(world), (volumes) => volumes.some(({ manifest }) => manifest !== undefined))

const killed = Effect.fnUntraced(function* (cell: Cell) {
  const world = yield* installed(mirrors)
  yield* world.tag(v2, cell.way.newer === "harms" ? harms : migrates)
  yield* killAndFinish(world, cell)
  assert.isTrue(yield* isFromMirror(world), "a mirror captured the data")
  yield* expectSettled(world)
})

const chosenWays = ["upgrade, forward", "upgrade, back with the data"]

/** They work with mirrors. The others are killed by the fault matrix, where they do the same. */
const always = ["prefetch", "snapshot", "stage", "restore", "seal"]
const isAll = process.env["LASTGOOD_TEST_LOCAL_FAULTS"] === "all"
const isChosen = ({ kind, step }: Cell): boolean => kind === "kill" && (isAll || always.includes(step))

/** Verifies: LAW-2, LAW-3, LAW-4, LAW-6 */
describe.concurrent("an upgrade with mirrors", () => {
  it.live("captures by the mirror, and has an archive of it in the end", () =>
    Effect.gen(function* () {
      const world = yield* installed(mirrors)
      yield* world.tag(v2, migrates)
      expectCode(yield* world.lastgood(["upgrade", "demo"]), 0)
      yield* expectApp(world, { version: v2, schema: 2, rows: ["a", "written by 2"] })
      const [volume] = (yield* taken(world)).slice(-1)
      assert.deepStrictEqual([volume?.crc, typeof volume?.manifest], ["", "string"])
      assert.isTrue(existsSync(world.at("root", "demo", "snapshot/volumes/data.tar")))
      expectCode(yield* world.lastgood(["verify", "demo"]), 0)
      expectCode(yield* world.lastgood(["rollback", "demo"]), 0)
      yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
      expectCode(yield* world.lastgood(["verify", "demo"]), 0)
    })
  )

  it.live("says by `plan` and `doctor` how each volume is captured", () =>
    Effect.gen(function* () {
      const world = yield* installed(mirrors)
      yield* world.tag(v2, migrates)
      const expected = /volume data: captured by a mirror \(kept under the root\)/
      assert.match((yield* world.lastgood(["plan", "demo"])).stdout, expected)
      assert.match((yield* world.lastgood(["doctor", "demo"])).stdout, expected)
    })
  )

  it.live("deletes no data before the archive is made, and no mirror outlives the data", () =>
    Effect.gen(function* () {
      const world = yield* installed(mirrors)
      yield* world.tag(v2, migrates)
      expectCode(yield* world.lastgood(["upgrade", "demo"]), 0)
      assert.isTrue(existsSync(world.at("root", "demo", "mirror/data")))
      expectCode(yield* world.lastgood(["remove", "demo", "--data", "--yes"]), 0)
      assert.isFalse(existsSync(world.at("root", "demo", "mirror/data")))
      assert.isTrue(existsSync(world.at("root", "demo", "snapshot/volumes/data.tar")))
    })
  )

  for (const way of ways.filter(({ name }) => chosenWays.includes(name))) {
    describe.concurrent(way.name, () => {
      for (const cell of cellsOf(way).filter(isChosen)) {
        it.live(`is killed ${cell.moment} ${cell.step}`, () => killed(cell))
      }
    })
  }
})
