import { assert, describe, it } from "@effect/vitest"
import type { SettledBy } from "../../src/domain/App.ts"
import { deployDeadlineMs, gateAfter, oneDeadlineMs } from "../../src/domain/deadline.ts"
import { makeApp } from "../snapshot/fixture.ts"

const minute = 60_000
const app = (deploy: number, health: number, ...said: ReadonlyArray<string>) => ({
  ...makeApp("/nowhere"),
  deadlines: { prefetchMs: 0, undeployMs: 0, deployMs: deploy * minute, stallMs: 0 },
  gate: { deadlineMs: health * minute, stableForMs: 10_000, intervalMs: 2000, checks: [] },
  settledBy: new Map(said.map((key): readonly [string, SettledBy] => [key, "config"]))
})

describe("one deadline from the start of a deploy", () => {
  for (const [what, given, one, deploy] of [
    ["health.deadline where nobody said anything", app(10, 5), 5, 5],
    ["health.deadline that was said, however long a deploy might take", app(10, 2, "health.deadline"), 2, 2],
    ["health.deadline also beside a longer one of the deploy", app(30, 2, "health.deadline", "deadlines.deploy"), 2, 2],
    ["deadlines.deploy where only that was said", app(30, 5, "deadlines.deploy"), 30, 30],
    ["a shorter deadlines.deploy for the services alone", app(1, 5, "deadlines.deploy"), 5, 1]
  ] as const) {
    it(`is ${what}`, () => {
      assert.strictEqual(oneDeadlineMs(given), one * minute)
      assert.strictEqual(deployDeadlineMs(given), deploy * minute)
    })
  }

  it("leaves the health gate the rest of the deadline, and enough time for services that came up in time", () => {
    const given = app(10, 5)
    assert.deepStrictEqual(
      [0, 2 * minute, 5 * minute - 1, 20 * minute].map((spent) => gateAfter(given, spent).deadlineMs),
      [5 * minute, 3 * minute, 14_000, 14_000]
    )
  })
})
