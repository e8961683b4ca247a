import { assert, describe, it } from "@effect/vitest"
import { fold } from "../../src/render/fold.ts"

describe("a line that is longer than the terminal", () => {
  it("is folded at spaces, below its last column", () => {
    assert.deepStrictEqual(fold("  why    the app answered with 500 instead of 200", 30).split("\n"), [
      "  why    the app answered with",
      "         500 instead of 200"
    ])
    assert.deepStrictEqual(fold("wiki: it waits for the policy of the app", 20).split("\n"), [
      "wiki: it waits for",
      "  the policy of the",
      "  app"
    ])
  })

  it("keeps words whole that are longer than the terminal, such as paths", () => {
    const path = `/var/lib/${"a".repeat(40)}`
    assert.deepStrictEqual(fold(`wiki: set aside: ${path}, now`, 20).split("\n"), [
      "wiki: set aside:",
      `  ${path},`,
      "  now"
    ])
  })

  it("stays as it is without a terminal", () => {
    const line = "word ".repeat(100)
    assert.strictEqual(fold(line, null), line)
  })

  it("keeps lines that fit, with their spaces", () => {
    assert.strictEqual(fold("a   b\n\n  c", 5), "a   b\n\n  c")
  })
})
