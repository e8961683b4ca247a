/** What a power cut leaves. `LASTGOOD_CRASH_IMAGES` says how many; docs/reliability.md has the results of many. */
import { assert, it } from "vitest"
import { describeNeeding } from "../needing.ts"
import { crashImages } from "./images.ts"
import { missing } from "./machine.ts"

const images = Number(process.env["LASTGOOD_CRASH_IMAGES"] ?? 14)

describeNeeding("LASTGOOD_TEST_LOOP", missing(), "a power cut at a random moment", () => {
  /** Verifies: LAW-2, LAW-3, LAW-4, LAW-6, LAW-10 */
  it("leaves a complete snapshot, an intact log, and an app that recovers", {
    timeout: 60_000 + images * 30_000
  }, async () => {
    const lines: Array<string> = []
    const { broken } = await crashImages({ images, seed: 5, atOnce: 2, say: (line) => lines.push(line) })
    assert.deepStrictEqual(broken, [], lines.join("\n"))
  })
})
