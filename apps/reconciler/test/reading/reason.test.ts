import { assert, describe, it } from "@effect/vitest"
import { reasonOf } from "../../src/reading/reason.ts"

describe("a recorded reason", () => {
  it("is told apart from the app's own lines, which may contain semicolons", () => {
    assert.deepStrictEqual(reasonOf("got 500; last log lines: web | ERROR a; b; web | c; db | d"), {
      what: "got 500",
      lines: ["web | ERROR a; b", "web | c", "db | d"]
    })
    assert.deepStrictEqual(reasonOf("no room; then nothing"), { what: "no room; then nothing", lines: [] })
  })
})
