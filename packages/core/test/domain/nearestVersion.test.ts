import { assert, describe, it } from "@effect/vitest"
import { nearestVersion } from "../../src/domain/nearestVersion.ts"

const versions = ["1.0.0+26.0.0", "1.1.0+26.1.0", "1.1.1+26.1.0", "10.0.0+27.0.0"]

describe("the version that was meant", () => {
  it("begins with what was typed, and is the newest of several", () => {
    assert.strictEqual(nearestVersion(versions, "1.1"), "1.1.1+26.1.0")
    assert.strictEqual(nearestVersion(versions, "26.0"), "1.0.0+26.0.0")
    assert.strictEqual(nearestVersion(versions, "v1.0.0"), "1.0.0+26.0.0")
  })

  it("is a whole number of a version, not the beginning of its digits", () => {
    assert.strictEqual(nearestVersion(versions, "1"), "1.1.1+26.1.0")
    assert.strictEqual(nearestVersion(versions, "2"), null)
  })

  it("has fewer numbers than what was typed", () => {
    assert.strictEqual(nearestVersion(versions, "1.0.0+26.0.0-rc1"), "1.0.0+26.0.0")
  })

  it("is not guessed from a word", () => {
    assert.isNull(nearestVersion(versions, "latest"))
  })
})
