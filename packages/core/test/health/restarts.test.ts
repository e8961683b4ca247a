import { assert, describe, it } from "@effect/vitest"
import { endedOf, watchRestarts } from "../../src/health/restarts.ts"

const deployedAt = Date.parse("2026-03-01T03:00:00.500Z")
const before = "2026-02-01T00:00:00Z"
const after = "2026-03-01T03:00:07Z"

/** Verifies: LAW-9 */
describe("services that will not come up", () => {
  const cases: ReadonlyArray<
    readonly [string, ReadonlyArray<readonly [restarts: number, since: string | null]>, ReadonlyArray<boolean>]
  > = [
    [
      "one that was started again once: what it needs was not there yet",
      [
        [0, after],
        [1, null],
        [1, after]
      ],
      [false, false, false]
    ],
    [
      "one that was started again twice",
      [
        [0, after],
        [1, after],
        [2, after]
      ],
      [false, false, true]
    ],
    ["one that was started again twice before the gate began", [[2, after]], [true]],
    ["one that is between two starts", [[2, null]], [true]],
    [
      "one that runs since before the deploy, whatever it counted by then",
      [
        [7, before],
        [7, before],
        [8, after]
      ],
      [false, false, false]
    ],
    [
      "and that is started again twice since",
      [
        [7, before],
        [9, after]
      ],
      [false, true]
    ],
    ["one that was started in the second of the deploy", [[2, "2026-03-01T03:00:00Z"]], [true]]
  ]
  for (const [what, seen, expected] of cases) {
    it(`reports ${what}`, () => {
      const watch = watchRestarts(deployedAt)
      assert.deepStrictEqual(
        seen.map(([restarts, since]) => watch([{ name: "web", restarts, since }]) !== null),
        expected
      )
    })
  }

  it("is named", () => {
    assert.strictEqual(
      watchRestarts(deployedAt)([
        { name: "web", restarts: 3, since: after },
        { name: "db", restarts: 0, since: after }
      ]),
      "web was restarted 3 times since the deploy"
    )
    assert.isNull(endedOf([{ name: "web", restarts: 0, since: after }]))
    assert.strictEqual(
      endedOf([{ name: "web", dead: true, restarts: 0, since: null }]),
      "web ended, and nothing restarts it"
    )
  })
})
