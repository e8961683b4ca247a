/**
 * A cell of the fault matrix (`ways.ts`) on a real engine: the fault, lastgood again, and what must hold then, looked at
 * from outside.
 */
import { assert } from "@effect/vitest"
import { fault } from "@lastgood/testing/World"
import {
  expectApp,
  expectDown,
  expectNoOldCodeOnNewData,
  expectSafe,
  expectSettled,
  old,
  upgraded
} from "../swarm/checks.ts"
import { harms, inWorld, makeWorld, migrates, type Options, type Ran, v1, v2, type World } from "../swarm/world.ts"
import type { Cell, Ending, Way } from "./ways.ts"

type Kind = "swarm" | "compose"

export const faultOf = ({ way, step, moment, kind }: Cell) => `${way.direction}/${step}:${moment}:${kind}`

/** A hang is waited for, beyond the step's own deadline. The other deadlines are long: the machine may be slow. */
const optionsOf = ({ kind, way }: Cell, runtime: Kind): Options => {
  const deadlines =
    kind === "hang" ? "prefetch: 5s, undeploy: 30s, deploy: 30s, stall: 5s" : "undeploy: 120s, deploy: 120s"
  // A folder that is there before a first install would be data of an unknown version.
  return {
    runtime,
    inFolder: runtime === "compose" && way.before !== "nothing",
    config: `${way.config ?? ""}    deadlines: { ${deadlines} }\n`
  }
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
  if (way.before === "stopped") expectCode(await world.lastgood(["stop", "demo"]), 0)
  const faults = [way.after, faultOf(cell)].filter((one) => one !== null).join(",")
  const ran = await world.lastgood(way.command, fault(faults))
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

/** One cell of the matrix, in a world of its own. */
export const runCell = async (cell: Cell, runtime: Kind) => {
  if (cell.way.before !== "nothing") return inWorld((world) => runIn(world, cell), optionsOf(cell, runtime))
  const world = await makeWorld(optionsOf(cell, runtime))
  try {
    await world.tag(v1)
    await runIn(world, cell)
  } finally {
    await world.end()
  }
}
