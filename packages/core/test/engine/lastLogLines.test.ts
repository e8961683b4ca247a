import { assert, describe, it } from "@effect/vitest"
import { brief } from "../../src/domain/brief.ts"
import { causeFirst, folded } from "../../src/engine/steps/lastLogLines.ts"

/** Verifies: LAW-10 */
describe("why an app failed", () => {
  it("starts with the error lines of the failed services, newest last, and ends with healthy ones", () => {
    const lines = ["db | ready", "web | starting", "web | Error: no table users", "db | error: ignored", "web | bye"]
    assert.deepStrictEqual(causeFirst(lines, ["web"]), [
      "web | Error: no table users",
      "web | starting",
      "web | bye",
      "db | ready",
      "db | error: ignored"
    ])
    assert.deepStrictEqual(causeFirst(lines, []).slice(0, 2), ["web | Error: no table users", "db | error: ignored"])
    assert.deepStrictEqual(causeFirst([], ["web"]), [])
  })

  it("says once what was written several times", () => {
    assert.deepStrictEqual(folded(["web | a", "web | b", "web | a", "db | a"]), [
      "web | b",
      "web | a (2 times)",
      "db | a"
    ])
  })

  it("keeps its beginning if it repeats, and has only a few lines", () => {
    const long = `web: exit 7; last log lines: web | Error: license is missing; ${"web | noise; ".repeat(200)}`
    const text = brief(long)
    assert.match(text, /^web: exit 7; last log lines: web \| Error: license is missing; /)
    assert.match(text, / … \(lastgood log has the rest\)$/)
    assert.isBelow(text.length, 440)
    assert.strictEqual(brief("short"), "short")
    assert.isBelow(brief("x".repeat(5000)).length, 440)
  })
})
