import { assert, describe, it } from "@effect/vitest"
import { endedOf, watchRestarts } from "../../src/health/restarts.ts"

const begunAt = Date.parse("2026-03-01T03:00:00.500Z")
const stableForMs = 10_000
const before = "2026-02-01T00:00:00Z"

/** In the format of the inspection. */
const at = (second: number): string => new Date(begunAt + second * 1000).toISOString()

/** Restarts and the start of the current run as the gate sees them, a second of the deploy at a time. */
type Seen = readonly [second: number, restarts: number, since: string | null]

/** Verifies: LAW-9 */
describe("a service that restarts", () => {
  const cases: ReadonlyArray<readonly [string, ReadonlyArray<Seen>, ReadonlyArray<string>]> = [
    [
      "once may pass at once: what it needs was not there yet",
      [
        [1, 0, at(0)],
        [2, 1, null],
        [40, 1, at(39)]
      ],
      ["fine", "fine", "fine"]
    ],
    [
      "again and again until its database answers may pass once it has run for the stable time",
      [
        [1, 3, null],
        [8, 6, at(7)],
        [17, 6, at(7)],
        [18, 6, at(7)],
        [60, 6, at(7)]
      ],
      ["unsettled", "unsettled", "unsettled", "fine", "fine"]
    ],
    [
      "again after the time for a slow start loops",
      [
        [20, 2, at(19)],
        [31, 3, at(30)]
      ],
      ["unsettled", "loop"]
    ],
    [
      "and is down after the time for a slow start loops",
      [
        [29, 2, null],
        [30, 2, null]
      ],
      ["unsettled", "loop"]
    ],
    ["and had restarted before the gate began is judged by all restarts of the deploy", [[45, 2, at(44)]], ["loop"]],
    [
      "and runs since before the deploy is not judged by earlier restarts",
      [
        [1, 7, before],
        [40, 7, before],
        [41, 8, at(41)],
        [42, 9, at(42)]
      ],
      ["fine", "fine", "fine", "loop"]
    ]
  ]
  for (const [what, seen, expected] of cases) {
    it(what, () => {
      const watch = watchRestarts(begunAt, stableForMs)
      assert.deepStrictEqual(
        seen.map(([second, restarts, since]) => {
          const { loop, unsettled } = watch([{ name: "web", restarts, since }], begunAt + second * 1000)
          return loop !== null ? "loop" : unsettled !== null ? "unsettled" : "fine"
        }),
        expected
      )
    })
  }

  it("is named", () => {
    const { loop } = watchRestarts(begunAt, stableForMs)(
      [
        { name: "web", restarts: 3, since: at(31) },
        { name: "db", restarts: 0, since: at(31) }
      ],
      begunAt + 32_000
    )
    assert.strictEqual(loop, "web was restarted 3 times since the deploy")
  })
})

describe("a service that ended", () => {
  it("is named, unlike one that runs", () => {
    assert.isNull(endedOf([{ name: "web", restarts: 0, since: at(1) }]))
    assert.strictEqual(
      endedOf([{ name: "web", dead: true, restarts: 0, since: null }]),
      "web ended, and nothing restarts it"
    )
  })
})
