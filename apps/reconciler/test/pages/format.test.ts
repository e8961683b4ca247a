import { assert, describe, it } from "@effect/vitest"
import { ago, lasting } from "../../src/pages/format.ts"
import type { Html } from "../../src/pages/html.ts"

const at = "2026-11-30T03:00:00.000Z"
const textOf = (shown: Html): string => shown.markup.replaceAll(/<[^>]*>/g, "")

describe("a time on a page", () => {
  it("is said as how long ago it was, in the largest unit", () => {
    const texts = [0, 999, 1000, 59_999, 3_600_000, 200_000_000].map((ms) => textOf(ago(at, Date.parse(at) + ms)))
    assert.deepStrictEqual(texts, ["now", "now", "1 second ago", "59 seconds ago", "1 hour ago", "2 days ago"])
    assert.strictEqual(textOf(ago(at, Date.parse(at) - 61_000)), "in 1 minute")
  })

  it("since which something lasts is said as a duration, also beside a clock that is behind", () => {
    const texts = [-5000, 0, 24_000, 3_600_000].map((ms) => textOf(lasting(at, Date.parse(at) + ms)))
    assert.deepStrictEqual(texts, ["for 0 seconds", "for 0 seconds", "for 24 seconds", "for 1 hour"])
  })
})
