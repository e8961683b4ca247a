import * as Effect from "effect/Effect"
import { expectCode } from "../expect.ts"
import type { World } from "../harness.ts"
import { expectEnding, expectSafe } from "./checks.ts"
import type { Cell } from "./ways.ts"

/** What lastgood is told of the fault of a cell, and of what leads to it. */
export const faultsOf = ({ kind, moment, step, way }: Cell): string =>
  [way.after, `${way.direction}/${step}:${moment}:${kind}`].filter((one) => one !== null).join(",")

/** Kills lastgood in the middle of a cell's command, and runs the command again. */
export const killAndFinish = Effect.fnUntraced(function* (world: World, cell: Cell) {
  const { way } = cell
  expectCode(yield* world.lastgood(way.command, world.fault(faultsOf(cell))), null)
  yield* expectSafe(world)
  expectCode(yield* world.lastgood(way.command), way.ending.code)
  yield* expectEnding(world, way, way.ending)
})
