/**
 * The fault matrix on a real swarm, from the same rows as the local one (`faults/ways.ts`). A cell takes half a minute, so
 * that `npm test` runs a choice in which each step and each kind of fault is; `npm run test:swarm-faults` runs all.
 */
import { assert, beforeAll, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { describe, vi } from "vitest"
import { ensureImages } from "../../docker/images.ts"
import { describeSwarm } from "../../docker/requireDocker.ts"
import { type Cell, cellsOf, type Ending, type Way, ways } from "../faults/ways.ts"
import { expectApp, expectDown, expectNoOldCodeOnNewData, expectSafe, expectSettled, old, upgraded } from "./checks.ts"
import { harms, inWorld, makeWorld, migrates, type Ran, v1, v2, type World } from "./world.ts"

vi.setConfig({ testTimeout: 300_000, maxConcurrency: 3 })

const faultOf = ({ way, step, moment, kind }: Cell) => `${way.direction}/${step}:${moment}:${kind}`

/** Each of them in the first way that has it. */
const chosen: ReadonlyArray<string> = [
  "forward/check:after:error",
  "forward/prefetch:before:kill",
  "forward/undeploy:after:kill",
  "forward/snapshot:after:kill",
  "forward/deploy:before:hang",
  "forward/health:after:error",
  "forward/command:after:kill",
  "forward/return:before:kill",
  "forward/commit:after:kill",
  "forward/seal:before:kill",
  "forward/tidy:after:error",
  "back/stage:after:kill",
  "back/undeploy:before:hang",
  "back/restore:after:kill",
  "back/deploy:after:error",
  "back/health:before:kill",
  "back/conclude:before:kill",
  "back/seal:after:error",
  "back/tidy:after:kill"
]

const all = ways.flatMap(cellsOf)
const cells =
  process.env["LASTGOOD_TEST_SWARM_FAULTS"] === "all"
    ? all
    : chosen.flatMap((fault) => all.find((cell) => faultOf(cell) === fault) ?? [])

/** A hang is waited for, beyond the step's own deadline. The other deadlines are long: the machine may be slow. */
const options = ({ kind, way }: Cell) => {
  const deadlines =
    kind === "hang" ? "prefetch: 5s, undeploy: 30s, deploy: 30s, stall: 5s" : "undeploy: 120s, deploy: 120s"
  return { config: `${way.config ?? ""}    deadlines: { ${deadlines} }\n` }
}

const expectCode = (ran: Ran, code: number | null) => assert.strictEqual(ran.code, code, ran.said)

const expectEnding = async (world: World, way: Way, { app, alerts }: Ending) => {
  assert.deepStrictEqual(
    (await world.alerts()).map(({ outcome }) => outcome),
    [...alerts]
  )
  if (app === "down") return expectDown(world)
  await expectApp(world, app === "new" ? upgraded : { ...old, rows: way.before === "nothing" ? [] : old.rows })
  expectNoOldCodeOnNewData(world)
}

const runIn = async (world: World, cell: Cell) => {
  const { way, step, kind } = cell
  if (way.newer !== null) await world.tag(v2, way.newer === "harms" ? harms : migrates)
  if (way.before === "upgraded") expectCode(await world.lastgood(["upgrade", "demo"]), 0)
  const faults = [way.after, faultOf(cell)].filter((fault) => fault !== null).join(",")
  const ran = await world.lastgood(way.command, { LASTGOOD_TEST_FAULTS: "1", LASTGOOD_FAULT: faults })
  let ending: Ending = way.ending
  if (kind === "kill") {
    expectCode(ran, null)
    await expectSafe(world)
    expectCode(await world.lastgood(way.command), ending.code)
  } else {
    ending = way.failing(step as Parameters<Way["failing"]>[0])
    expectCode(ran, ending.code)
    await expectEnding(world, way, ending)
    if (ending.app === "down" && way.ending.app !== "down") {
      expectCode(await world.lastgood(way.command), way.ending.code)
      ending = { ...way.ending, alerts: ending.alerts }
    }
  }
  await expectEnding(world, way, ending)
  await expectSettled(world)
}

const runCell = async (cell: Cell) => {
  if (cell.way.before !== "nothing") return inWorld((world) => runIn(world, cell), options(cell))
  const world = await makeWorld(options(cell))
  try {
    await world.tag(v1)
    await runIn(world, cell)
  } finally {
    await world.end()
  }
}

/** Verifies: LAW-1, LAW-2, LAW-3, LAW-4, LAW-6, LAW-9, LAW-10 */
describeSwarm("Swarm, the fault matrix", () => {
  beforeAll(() => Effect.runPromise(ensureImages("busybox")), 60_000)

  describe.concurrent("lastgood is started again after it", () => {
    for (const cell of cells) it(`${cell.way.name}: ${faultOf(cell)}`, () => runCell(cell))
  })

  it("runs each step in each direction, and each kind of fault", () => {
    const without = (index: number) => (fault: string) => fault.split(":").toSpliced(index, 1).join(":")
    const stepsOf = (faults: ReadonlyArray<string>) =>
      [...new Set(faults.map((fault) => fault.split(":")[0]))].toSorted()
    assert.deepStrictEqual(stepsOf(cells.map(faultOf)), stepsOf(all.map(faultOf)))
    const kindsOf = (faults: ReadonlyArray<string>) => [...new Set(faults.map(without(0)))].toSorted()
    assert.deepStrictEqual(kindsOf(cells.map(faultOf)), kindsOf(all.map(faultOf)))
  })
})
