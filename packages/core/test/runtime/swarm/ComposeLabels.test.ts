import { assert, describe, it } from "@effect/vitest"
import { healthcheckOf, labelsOf } from "../../../src/runtime/docker/ComposeLabels.ts"

describe("labels of a compose file", () => {
  it("are the same in both of their forms", () => {
    assert.deepStrictEqual(labelsOf(["a=1", "b=x=y", "c"]), { a: "1", b: "x=y", c: "" })
    assert.deepStrictEqual(labelsOf({ a: 1, b: "x=y", c: null, d: true }), { a: "1", b: "x=y", c: "", d: "true" })
    assert.deepStrictEqual(labelsOf(null), {})
  })
})

describe("a compose file's healthcheck", () => {
  it("is its own, the image's, or disabled", () => {
    assert.strictEqual(healthcheckOf({ test: ["CMD", "true"] }), "compose")
    assert.strictEqual(healthcheckOf({ test: "curl -f http://localhost" }), "compose")
    assert.strictEqual(healthcheckOf(undefined), "image")
    assert.strictEqual(healthcheckOf({}), "image")
    assert.strictEqual(healthcheckOf({ test: [] }), "image")
    assert.strictEqual(healthcheckOf({ test: ["NONE"] }), "none")
    assert.strictEqual(healthcheckOf({ test: ["CMD", "true"], disable: true }), "none")
  })
})
