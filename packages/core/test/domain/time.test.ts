import { assert, describe, it } from "@effect/vitest"
import { iso, isoMillis } from "../../src/domain/time.ts"

const others = [
  "2026-02-29T00:00:00.000Z",
  "2026-01-31T23:59:59.999Z",
  "2024-02-29T12:00:00.000Z",
  "2026-13-01T00:00:00.000Z",
  "2026-01-00T00:00:00.000Z",
  "2026-01-01T24:00:00.000Z",
  "2026-01-01T23:60:00.000Z",
  "2026-01-01T23:00:60.000Z",
  "0099-01-01T00:00:00.000Z",
  "2026-01-01T00:00:00.0a0Z",
  "2026-01-01T00:00:00.000+",
  "2026-01-01 00:00:00.000Z",
  "2026-01-01T03:00:00+02:00",
  "2026-01-01",
  "soon",
  ""
]

describe("a time in the log", () => {
  it("is read as Date.parse reads it, whatever its form", () => {
    const day = 86_400_000
    const written = Array.from({ length: 2000 }, (_, n) => iso(n * 13 * day + n * 61_001))
    for (const text of [...written, ...others]) {
      const millis = Date.parse(text)
      assert.strictEqual(isoMillis(text), Number.isNaN(millis) ? 0 : millis, text)
    }
  })
})
