/**
 * The fault matrix on docker compose, from the same rows as the local one (`faults/ways.ts`): a part of it, of the steps
 * that change the data or the project, in each direction. `npm run test:compose-faults` runs all cells.
 */
import { beforeAll, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { describe, vi } from "vitest"
import { describeCompose } from "../../docker/composePlugin.ts"
import { ensureImages } from "../../docker/images.ts"
import { faultOf, runCell } from "../faults/onEngine.ts"
import { cellsOf, ways } from "../faults/ways.ts"

vi.setConfig({ testTimeout: 300_000, maxConcurrency: 3 })

/** Each of them in the first way that has it. */
const chosen: ReadonlyArray<string> = [
  "forward/snapshot:after:kill",
  "forward/deploy:after:kill",
  "forward/deploy:before:hang",
  "forward/erase:after:kill",
  "back/restore:after:kill",
  "back/deploy:after:error"
]

const all = ways.flatMap(cellsOf)
const cells =
  process.env["LASTGOOD_TEST_COMPOSE_FAULTS"] === "all"
    ? all
    : chosen.flatMap((fault) => all.find((cell) => faultOf(cell) === fault) ?? [])

/** Verifies: LAW-1, LAW-2, LAW-3, LAW-4, LAW-6, LAW-9, LAW-10 */
describeCompose("docker compose, the fault matrix", () => {
  beforeAll(() => Effect.runPromise(ensureImages("busybox")), 60_000)

  describe.concurrent("lastgood recovers at the next start from", () => {
    for (const cell of cells) it(`${cell.way.name}: ${faultOf(cell)}`, () => runCell(cell, "compose"))
  })
})
