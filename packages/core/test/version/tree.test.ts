import { assert, describe, it } from "@effect/vitest"
import { staysInside } from "../../src/version/tree.ts"

/** Verifies: LAW-13 */
describe("staysInside", () => {
  it.each([
    ["a", "b", true],
    ["a", "./b/./c", true],
    ["dir/a", "../b", true],
    ["dir/sub/a", "../../b/c", true],
    ["dir/a", "..", true],
    ["a", "..", false],
    ["a", "../b", false],
    ["dir/a", "../../b", false],
    ["a", "/etc/passwd", false],
    ["a", "", false],
    ["dir/a", "b/../../c", false],
    ["dir/a", "b/../c", false],
    ["a", "..b", true],
    ["a", ".//../b", false]
  ])("of %s to %j is %s", (path, target, expected) => {
    assert.strictEqual(staysInside(path, target), expected)
  })
})
