/** Which tags follow a tag, in which order, and the version that is shown for a floating one. */
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { toldBy } from "../../../src/version/images/choose.ts"
import { compareTags, tagsLike, tagsMatching } from "../../../src/version/images/tagShape.ts"

describe("the tags that follow", () => {
  it.each([
    [
      "16.4-alpine",
      ["16.10-alpine", "16.4-alpine", "17.0-alpine", "16.11", "16-alpine"],
      ["16.4-alpine", "16.10-alpine", "17.0-alpine"]
    ],
    ["v1.9.0", ["v1.10.0", "1.11.0", "v1.9.0", "v2.0.0-rc.1", "v1.10"], ["v1.9.0", "v1.10.0"]],
    ["pg14-v0.2.0", ["pg14-v0.3.0", "pg15-v0.2.0", "v0.4.0"], ["pg14-v0.3.0", "pg15-v0.2.0"]],
    ["RELEASE.2024-11-07T00-52-20Z", ["RELEASE.2025-01-01T00-00-00Z", "latest"], ["RELEASE.2025-01-01T00-00-00Z"]],
    ["latest", ["latest", "1.0.0", "v1.1.0", "1.2", "1"], ["1.0.0", "v1.1.0"]],
    [null, ["latest", "1.2", "1.10", "1"], ["1.2", "1.10"]],
    [null, ["latest", "stable"], []]
  ])("%s among %j are %j", (present, tags, expected) => {
    assert.deepStrictEqual(tagsLike(present, tags), expected)
  })

  it.each([
    ["16.*-alpine", ["16.4-alpine", "16.4", "x16.4-alpine", "16.10-alpine"], ["16.4-alpine", "16.10-alpine"]],
    ["1.?", ["1.1", "1.10", "1x1"], ["1.1"]],
    ["*", ["b", "a"], ["a", "b"]]
  ])("the pattern %s among %j are %j", (glob, tags, expected) => {
    assert.deepStrictEqual(tagsMatching(glob, tags), expected)
  })

  it("of a pattern with many stars are found at once", () => {
    const tag = `${"a".repeat(127)}b`
    assert.deepStrictEqual(tagsMatching("*a*a*a*a*a*a*a*a*c", [tag]), [])
  })

  it.prop("have a total order", [Schema.String, Schema.String], ([a, b]) => {
    assert.strictEqual(compareTags(a, b) === 0, a === b)
    assert.strictEqual(compareTags(a, b), -compareTags(b, a) + 0)
  })
})

describe("a floating tag shows", () => {
  const created = Date.UTC(2026, 10, 29, 16, 11, 3)
  it.each([
    ["latest", "2.4.1", "2.4.1"],
    ["16", "16.4", "16.4"],
    ["1.6", "22.04", "1.6"],
    ["16", null, "16"],
    ["latest", null, "20261129T161103Z"]
  ])("for %s that tells %s: %s", (tag, version, expected) => {
    assert.strictEqual(toldBy(tag, { created, version }), expected)
  })
})
