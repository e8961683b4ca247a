/**
 * The fault matrix on a real swarm, from the same rows as the local one (`faults/ways.ts`). A cell takes half a minute, so
 * that `npm test` runs a choice in which each step and each kind of fault is; `npm run test:swarm-faults` runs all.
 */
import { assert, beforeAll, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { describe, vi } from "vitest"
import { ensureImages } from "../../docker/images.ts"
import { describeSwarm } from "../../docker/requireDocker.ts"
import { faultOf, runCell } from "../faults/onEngine.ts"
import { cellsOf, ways } from "../faults/ways.ts"

vi.setConfig({ testTimeout: 300_000, maxConcurrency: 3 })

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

/** Verifies: LAW-1, LAW-2, LAW-3, LAW-4, LAW-6, LAW-9, LAW-10 */
describeSwarm("Swarm, the fault matrix", () => {
  beforeAll(() => Effect.runPromise(ensureImages("busybox")), 60_000)

  describe.concurrent("lastgood recovers at the next start from", () => {
    for (const cell of cells) it(`${cell.way.name}: ${faultOf(cell)}`, () => runCell(cell, "swarm"))
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
