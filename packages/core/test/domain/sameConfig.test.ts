import { assert, describe, it } from "@effect/vitest"
import { sameConfig } from "../../src/domain/sameConfig.ts"

describe("fingerprints of a configuration", () => {
  const table: ReadonlyArray<readonly [string, string | null, string | null, boolean | null]> = [
    ["are the same", "1.aa.x", "1.aa.x", true],
    ["differ after a change", "1.aa.x", "1.aa.y", false],
    ["of two keys say nothing of each other", "1.aa.x", "1.bb.y", null],
    ["made in another way say nothing of each other", "1.aa.x", "2.aa.y", null],
    ["say nothing where one is not known", null, "1.aa.x", null],
    ["say nothing where the other is not known", "1.aa.x", null, null]
  ]
  /** Verifies: LAW-16 */
  for (const [title, one, other, same] of table) {
    it(title, () => assert.strictEqual(sameConfig(one, other), same))
  }
})
