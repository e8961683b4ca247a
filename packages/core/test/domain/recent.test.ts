import { assert, describe, it } from "vitest"
import { makeRecent } from "../../src/domain/recent.ts"

describe("recent values", () => {
  it("are the newest ones, and a value that is set again is new", () => {
    const recent = makeRecent<number>(2)
    recent.set("a", 1)
    recent.set("b", 2)
    recent.set("a", 3)
    recent.set("c", 4)
    assert.deepStrictEqual([recent.get("a"), recent.get("b"), recent.get("c")], [3, undefined, 4])
  })
})
