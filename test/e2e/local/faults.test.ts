/**
 * The fault matrix on the local runtime: lastgood is killed, fails or hangs at every step of every plan, and is
 * started again. The cells are generated from the plans (`faults/ways.ts`).
 *
 * Each fault of each step in each direction once, in the first way that has it: of an upgrade and its rollback with data
 * all of them. Every cell: `npm run test:local-faults`.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { expectCode, installed } from "../expect.ts"
import { expectEnding, expectSettled } from "../faults/checks.ts"
import { faultsOf, killAndFinish } from "../faults/killAndFinish.ts"
import { type Cell, cellsOf, type Ending, isDown, type Way, ways } from "../faults/ways.ts"
import { harms, makeWorld, migrates, type Options, v1, v2 } from "../harness.ts"

/** A hang is waited for, beyond the step's own deadline; anything else must not be taken for one on a slow machine. */
const options = ({ kind, way }: Cell): Options => ({
  config: `${way.config ?? ""}${kind === "hang" ? "    deadlines: { prefetch: 2s, undeploy: 3s, deploy: 3s, stall: 5s }\n" : ""}`
})

const begin = Effect.fnUntraced(function* (way: Way, cell: Cell) {
  if (way.before === "nothing") {
    const world = yield* makeWorld(options(cell))
    yield* world.tag(v1)
    return world
  }
  const world = yield* installed(options(cell))
  if (way.newer !== null) yield* world.tag(v2, way.newer === "harms" ? harms : migrates)
  if (way.before === "upgraded") expectCode(yield* world.lastgood(["upgrade", "demo"]), 0)
  if (way.before === "stopped") expectCode(yield* world.lastgood(["stop", "demo"]), 0)
  return world
})

const run = Effect.fnUntraced(function* (cell: Cell) {
  const { way, step, kind } = cell
  const world = yield* begin(way, cell)
  if (kind === "kill") yield* killAndFinish(world, cell)
  else {
    let ending: Ending = way.failing(step as Parameters<Way["failing"]>[0])
    expectCode(yield* world.lastgood(way.command, world.fault(faultsOf(cell))), ending.code)
    yield* expectEnding(world, way, ending)
    if (ending.app === "down" && way.ending.app !== "down") {
      expectCode(yield* world.lastgood(way.command), way.ending.code)
      ending = { ...way.ending, alerts: ending.alerts }
    }
    // The daemon that comes next has nothing to mend, and lets the app be.
    expectCode(yield* world.lastgood(["reconcile", "--once"]), 0)
    yield* expectEnding(world, way, ending)
  }
  yield* expectSettled(world)
})

/** What the first two ways are, so that they have every cell. */
const upgrades = ["upgrade, forward", "upgrade, back with the data"]
const known = new Set<string>()
const isChosen = ({ kind, moment, step, way }: Cell): boolean => {
  const what = `${way.direction}/${step}:${moment}:${kind}`
  const isNew = !known.has(what)
  known.add(what)
  return isNew || process.env["LASTGOOD_TEST_LOCAL_FAULTS"] === "all"
}

const title = ({ step, kind, moment }: Cell): string => {
  const what = { kill: "is killed", error: "fails", hang: "hangs" }[kind]
  return `${what} ${moment} ${step}${isDown(step) ? ", the app is down" : ""}`
}

/** Verifies: LAW-2, LAW-3, LAW-4, LAW-6, LAW-9, LAW-10 */
describe.concurrent("lastgood recovers at the next start from", () => {
  const chosen = ways.map((way) => ({ name: way.name, cells: cellsOf(way).filter(isChosen) }))
  for (const { cells, name } of chosen.filter((one) => one.cells.length > 0)) {
    describe.concurrent(name, () => {
      for (const cell of cells) it.live(title(cell), () => run(cell))
    })
  }

  it("has cells for every step of every plan", () => {
    assert.deepStrictEqual(
      ways.slice(0, upgrades.length).map(({ name }) => name),
      upgrades
    )
    for (const way of ways) {
      assert.deepStrictEqual([...new Set(cellsOf(way).map(({ step }) => step))], [...way.steps])
      assert.isAtLeast(cellsOf(way).length, way.steps.length * 2)
    }
  })
})
