import { assert, describe, it } from "@effect/vitest"
import { niceStep, placeIn, ticksTo } from "../../src/pages/scale.ts"

describe("a scale", () => {
  it("has few steps of round numbers, and ends above the largest value", () => {
    for (let maximum = 0.001; maximum < 1e12; maximum *= 1.37) {
      const step = niceStep(maximum, 3)
      const ticks = ticksTo(maximum, step)
      assert.include([1, 2, 5], Math.round(step / 10 ** Math.floor(Math.log10(step) + 1e-9)))
      assert.isAtMost(ticks.length, 4)
      assert.isAtLeast(ticks.at(-1) ?? 0, maximum * (1 - 1e-9))
    }
  })

  it("puts a value where it belongs, and a single one in the middle", () => {
    assert.strictEqual(placeIn([0, 10], [100, 0])(2.5), 75)
    assert.strictEqual(placeIn([5, 5], [0, 10])(5), 5)
  })
})
