import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import { millisToNext, waitsUntil } from "../src/schedule.ts"

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

describe("an app that waits", () => {
  const since = at("2026-03-01T00:00:00Z")
  const retryMs = 300_000
  it("is passed over when its window opens, and soon again if that pass failed", () => {
    const window = (until: string) => waitsUntil({ gate: "window", until }, since, retryMs)
    assert.strictEqual(window("2026-03-07T02:00:00.000Z"), at("2026-03-07T02:00:00Z"))
    assert.strictEqual(window("2026-03-01T00:00:00.000Z"), since + retryMs)
    assert.isNull(waitsUntil({ gate: "window" }, since, retryMs))
  })

  it("is passed over soon if it comes after another app, and otherwise by its schedule", () => {
    assert.strictEqual(waitsUntil({ gate: "after" }, since, retryMs), since + retryMs)
    // For days, perhaps: its mirrors would never be up to date.
    assert.isNull(waitsUntil({ gate: "after" }, since, retryMs, true))
    assert.strictEqual(
      waitsUntil({ gate: "window", until: "2026-03-07T02:00:00.000Z" }, since, retryMs, true),
      at("2026-03-07T02:00:00Z")
    )
    assert.isNull(waitsUntil({ gate: "minimum-age", until: "2026-03-07T02:00:00.000Z" }, since, retryMs))
    assert.isNull(waitsUntil(null, since, retryMs))
  })
})
