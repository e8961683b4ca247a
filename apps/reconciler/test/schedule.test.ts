import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import { millisToNext } from "../src/schedule.ts"

const at = (text: string) => DateTime.toEpochMillis(DateTime.makeUnsafe(text))
const hour = 60 * 60 * 1000

describe("millisToNext", () => {
  it("is the interval without a schedule", () => {
    assert.strictEqual(millisToNext({ schedule: null, intervalMs: 15_000 }, at("2026-03-01T00:00:00Z")), 15_000)
  })

  it("is the time to the next match of a cron expression, never zero", () => {
    const now = at("2026-03-01T10:20:00Z")
    assert.strictEqual(millisToNext({ schedule: "@hourly", intervalMs: 1 }, now), (40 / 60) * hour)
    assert.strictEqual(millisToNext({ schedule: "0 * * * *", intervalMs: 1 }, at("2026-03-01T11:00:00Z")), hour)
    assert.strictEqual(millisToNext({ schedule: "30 20 10 * * *", intervalMs: 1 }, now), 30_000)
  })
})
