/** A short soak; `npm run soak` is the long one, docs/reliability.md has its results. */
import { assert, describe, it } from "vitest"
import { soak } from "./soak.ts"

describe("lastgood, killed at random repeatedly", () => {
  /** Verifies: LAW-2, LAW-3, LAW-4, LAW-6, LAW-7, LAW-9, LAW-10 */
  it("keeps every promise that can be observed from outside", { timeout: 900_000 }, async () => {
    const lines: Array<string> = []
    const { violation, home } = await soak({ cycles: 8, seed: 7, say: (line) => lines.push(line) })
    assert.isNull(violation, `the evidence is in ${home}\n${lines.join("\n")}`)
  })
})
