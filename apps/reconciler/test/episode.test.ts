import { assert, describe, it } from "@effect/vitest"
import type { Glance } from "@lastgood/core/engine/watch"
import { begin, follow } from "../src/episode.ts"

const second = 1000
const well = (starts: number | null = 0): Glance => ({ trouble: null, starts, checks: [] })
const ill = (gone = false): Glance => ({ trouble: { what: "503", gone, checks: [] }, starts: 0, checks: [] })

/** The verdict after each look; one every 30 s, stable for 10 s. */
const verdicts = (looks: ReadonlyArray<Glance>, everyMs = 30 * second) => {
  let course = begin
  return looks.map((glance, i) => {
    const followed = follow(course, glance, i * everyMs, 10 * second)
    course = followed.course
    return followed.verdict
  })
}

/** Verifies: LAW-10 */
describe("health checks of an app", () => {
  it("report a problem from the second failure in a row, but not after a single one", () => {
    assert.deepStrictEqual(verdicts([well(), ill(), well(), ill(), ill(), ill()]).slice(1), [
      null,
      null,
      null,
      "unhealthy",
      "unhealthy"
    ])
  })

  it("immediately report a service that nothing restarts", () => {
    assert.deepStrictEqual(verdicts([ill(true)]), ["unhealthy"])
  })

  it("report that it is healthy again once it has passed for the stable time", () => {
    assert.deepStrictEqual(verdicts([ill(), ill(), well(), well()]), [null, "unhealthy", null, "well"])
    assert.deepStrictEqual(verdicts([ill(), ill(), well(), well(), well()], 9 * second).slice(3), [null, "well"])
  })

  it("report one that restarts repeatedly, however healthy it is in between", () => {
    const looks = [0, 1, 2, 3, 4].map(well)
    assert.deepStrictEqual(verdicts(looks).slice(2), ["well", "unhealthy", "unhealthy"])
    const [last] = [begin].map((course) => follow(course, well(98), 0, 0))
    assert.isNull(last?.trouble)
  })

  it("do not mistake other containers for restarts", () => {
    assert.deepStrictEqual(verdicts([well(40), well(0), well(0)]).slice(1), ["well", "well"])
  })
})
