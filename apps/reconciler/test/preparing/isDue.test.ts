import { assert, describe, it } from "@effect/vitest"
import type { Mirrors } from "@lastgood/core/engine/ahead"
import { type Earlier, isDue } from "../../src/preparing/isDue.ts"

const now = Date.parse("2026-03-01T12:00:00Z")
const minutes = (n: number) => n * 60_000
const hours = (n: number) => minutes(60 * n)
const inMs = (ms: number) => new Date(now + ms).toISOString()

const fresh: Mirrors = {
  ...{ count: 1, refreshedAt: now - hours(1), isOnlyCopy: false, isUnused: false },
  ...{ refused: null, attempt: "a1" }
}
const old = { refreshedAt: now - hours(25) }
const missing = { refreshedAt: null }

const refusedBy = (gate: string, until?: string): Pick<Mirrors, "refused"> => ({
  refused: { to: { version: "2", commit: "c" }, gate, reason: "", next: "", ...(until === undefined ? {} : { until }) }
})

const before = (ago: number, more: Partial<Earlier> = {}): Earlier => ({
  begunAt: now - ago,
  tookMs: minutes(1),
  isWhole: true,
  attempt: "a1",
  ...more
})

const cases: ReadonlyArray<readonly [string, Partial<Mirrors>, Earlier | null, boolean]> = [
  ["there are none to make", { count: 0, refreshedAt: null }, null, false],
  ["they are there, and no version waits", {}, null, false],
  ["they are old, and no version waits", old, null, false],
  ["one is missing", missing, null, true],
  ["one is missing, and was tried an hour ago", missing, before(hours(2)), false],
  ["one is missing, and was tried a day ago", missing, before(hours(24)), true],
  ["one is missing, and was interrupted a moment ago", missing, before(minutes(5), { isWhole: false }), false],
  ["one is missing, and was interrupted an hour ago", missing, before(hours(1), { isWhole: false }), true],
  ["one is missing, and an attempt has ended since", missing, before(minutes(5), { attempt: "a0" }), true],
  ["one is the only copy of a snapshot", { isOnlyCopy: true }, null, true],
  ["one that is not asked for is the only copy of a snapshot", { count: 0, isOnlyCopy: true }, null, true],
  ["one is the only copy of a snapshot, and was tried", { isOnlyCopy: true }, before(hours(2)), false],
  ["there are none to make, and one is not used any more", { count: 0, refreshedAt: null, isUnused: true }, null, true],
  ["one is not used any more, and was tried", { isUnused: true }, before(hours(2)), false],
  ["they are fresh, and a version waits for its age", refusedBy("minimum-age"), null, false],
  ["they are old, and a version waits for its age", { ...old, ...refusedBy("minimum-age") }, null, true],
  ["they are old, and a version waits for an approval", { ...old, ...refusedBy("policy") }, null, true],
  ["they are old, and a version is quarantined", { ...old, ...refusedBy("quarantine") }, null, false],
  ["they are fresh, and a window opens in an hour", refusedBy("window", inMs(hours(1))), null, false],
  ["they are fresh, and a window opens soon", refusedBy("window", inMs(minutes(20))), null, true],
  [
    "a window opens soon, and they were tried for it",
    refusedBy("window", inMs(minutes(20))),
    before(minutes(5)),
    false
  ],
  [
    "they were refreshed for the window",
    { refreshedAt: now - minutes(5), ...refusedBy("window", inMs(minutes(20))) },
    null,
    false
  ],
  [
    "a window opens in an hour, and they take half of it",
    refusedBy("window", inMs(hours(1))),
    before(hours(3), { tookMs: minutes(31) }),
    true
  ],
  ["the window has opened", refusedBy("window", inMs(-1)), null, false]
]

describe("mirrors are brought up to date ahead of an upgrade", () => {
  it.each(cases)("or not, if %s", (_, mirrors, earlier, expected) => {
    assert.strictEqual(isDue({ ...fresh, ...mirrors }, earlier, now), expected)
  })
})
