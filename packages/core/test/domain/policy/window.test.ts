import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { isOpen, mayBegin, nextOpening, opensAt, parseWindow, type Window } from "../../../src/domain/policy/window.ts"
import { iso } from "../../../src/domain/time.ts"

const window = (text: string, hostZone = "UTC"): Window => Result.getOrThrow(parseWindow(text, hostZone))
const at = (time: string): number => Date.parse(time)
const openAt = (text: string, time: string): boolean => isOpen(window(text), at(time))
const next = (text: string, time: string): string | null => {
  const moment = nextOpening(window(text), at(time))
  return moment === null ? null : iso(moment).replace(".000Z", "Z")
}

describe("parseWindow", () => {
  it.each([
    ["02:00-05:00", [0, 1, 2, 3, 4, 5, 6], 120, 300, "02:00-05:00 UTC"],
    ["Sat,Sun 02:00-05:00", [0, 6], 120, 300, "Sat,Sun 02:00-05:00 UTC"],
    ["mon-fri  22:30-04:00", [1, 2, 3, 4, 5], 1350, 240, "mon-fri 22:30-04:00 UTC"],
    ["Fri-Mon,Wed 00:00-24:00", [0, 1, 3, 5, 6], 0, 1440, "Fri-Mon,Wed 00:00-24:00 UTC"],
    ["Sat 02:00-05:00 Europe/Warsaw", [6], 120, 300, "Sat 02:00-05:00 Europe/Warsaw"]
  ] as const)("understands %s", (text, days, begin, end, shown) => {
    const { zone, ...rest } = window(text)
    assert.deepStrictEqual(rest, { text: shown, days: [...days], begin, end })
    assert.strictEqual(zone, text.includes("Warsaw") ? "Europe/Warsaw" : "UTC")
  })

  it("is in the zone of the host unless it names one", () => {
    assert.strictEqual(window("02:00-05:00", "Asia/Tokyo").zone, "Asia/Tokyo")
    assert.strictEqual(window("02:00-05:00 UTC", "Asia/Tokyo").zone, "UTC")
  })

  it.each([
    ["Sat", /does not have the form/],
    ["2:00-5:00", /does not have the form/],
    ["Sat 02:00-05:00 Europe/Warsaw x", /does not have the form/],
    ["Sat,Sum 02:00-05:00", /`sum` is not a day/],
    ["Mon-Wed-Fri 02:00-05:00", /`mon-wed-fri` is not a day/],
    ["24:00-05:00", /from 00:00 to 23:59/],
    ["02:60-05:00", /from 00:00 to 23:59/],
    ["02:00-24:01", /from 00:00 to 23:59/],
    ["02:00-02:00", /whole day is 00:00-24:00/],
    ["02:00-05:00 Europe/Nowhere", /not a time zone/]
  ])("refuses %s", (text, why) => {
    const parsed = parseWindow(text, "UTC")
    assert.match(Result.isFailure(parsed) ? parsed.failure : "parsed", why)
  })
})

describe("a window", () => {
  // 2026-03-07 is a Saturday.
  it.each([
    ["Sat 02:00-05:00", "2026-03-07T01:59:59Z", false],
    ["Sat 02:00-05:00", "2026-03-07T02:00:00Z", true],
    ["Sat 02:00-05:00", "2026-03-07T04:59:59Z", true],
    ["Sat 02:00-05:00", "2026-03-07T05:00:00Z", false],
    ["Sat 02:00-05:00", "2026-03-08T03:00:00Z", false],
    ["Sat 00:00-24:00", "2026-03-07T23:59:59Z", true],
    ["Sat 00:00-24:00", "2026-03-08T00:00:00Z", false],
    // Over midnight: the day is the one on which it begins.
    ["Sat 22:00-04:00", "2026-03-07T21:59:00Z", false],
    ["Sat 22:00-04:00", "2026-03-07T23:00:00Z", true],
    ["Sat 22:00-04:00", "2026-03-08T03:59:00Z", true],
    ["Sat 22:00-04:00", "2026-03-08T04:00:00Z", false],
    ["Sat 22:00-04:00", "2026-03-07T03:00:00Z", false],
    ["22:00-04:00", "2026-03-07T03:00:00Z", true],
    // Saturday in Tokyo is Friday in UTC.
    ["Sat 02:00-05:00 Asia/Tokyo", "2026-03-06T17:00:00Z", true],
    ["Sat 02:00-05:00 Asia/Tokyo", "2026-03-07T02:00:00Z", false],
    ["Fri 20:00-22:00 America/New_York", "2026-03-07T01:30:00Z", true],
    ["Mon 03:00-04:00 Asia/Kathmandu", "2026-03-08T21:15:00Z", true],
    ["Mon 03:00-04:00 Asia/Kathmandu", "2026-03-08T21:14:00Z", false]
  ])("%s at %s is open: %s", (text, time, open) => {
    assert.strictEqual(openAt(text, time), open)
  })

  it.each([
    ["Sat,Sun 02:00-05:00", "2026-03-04T12:00:00Z", "2026-03-07T02:00:00Z"],
    ["Sat,Sun 02:00-05:00", "2026-03-07T03:00:00Z", "2026-03-08T02:00:00Z"],
    ["Sat 02:00-05:00", "2026-03-07T02:00:00Z", "2026-03-14T02:00:00Z"],
    ["22:00-04:00", "2026-03-07T05:00:00Z", "2026-03-07T22:00:00Z"],
    ["Sat 02:00-05:00 Asia/Tokyo", "2026-03-04T12:00:00Z", "2026-03-06T17:00:00Z"]
  ])("%s after %s opens at %s", (text, time, opens) => {
    assert.strictEqual(next(text, time), opens)
  })
})

describe("a window when the clocks change", () => {
  // Warsaw, 2026-03-29: 02:00 becomes 03:00 (01:00 UTC). 2026-10-25: 03:00 becomes 02:00 (01:00 UTC).
  it.each([
    ["has the summer's times after it", "03:00-05:00", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z"],
    ["opens when the clock jumps into it", "02:30-03:30", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z"],
    ["does not open in an hour that is skipped", "02:00-03:00", "2026-03-28T12:00:00Z", "2026-03-30T00:00:00Z"],
    [
      "skips a week if its only day has no such hour",
      "Sun 02:10-02:50",
      "2026-03-28T12:00:00Z",
      "2026-04-05T00:10:00Z"
    ],
    ["opens in the first of two equal hours", "02:00-03:00", "2026-10-24T12:00:00Z", "2026-10-25T00:00:00Z"],
    ["opens again in the second", "02:10-02:50", "2026-10-25T00:55:00Z", "2026-10-25T01:10:00Z"],
    ["has the winter's times after it", "03:00-05:00", "2026-10-24T12:00:00Z", "2026-10-25T02:00:00Z"]
  ])("%s", (_, times, time, opens) => {
    assert.strictEqual(next(`${times} Europe/Warsaw`, time), opens)
  })

  it("is open in both of two equal hours, and in none that is skipped", () => {
    const warsaw = window("02:00-03:00 Europe/Warsaw")
    const openMinutes = (from: string) =>
      Array.from({ length: 6 * 60 }, (_, i) => at(from) + i * 60_000).filter((moment) => isOpen(warsaw, moment)).length
    assert.strictEqual(openMinutes("2026-10-24T22:00:00Z"), 120)
    assert.strictEqual(openMinutes("2026-03-28T22:00:00Z"), 0)
    assert.strictEqual(openMinutes("2026-06-01T22:00:00Z"), 60)
  })

  it("works where the clock moves by half an hour, at midnight, or over a whole day", () => {
    // Lord Howe, 2026-10-04: 02:00 becomes 02:30.
    assert.strictEqual(next("02:15-02:45 Australia/Lord_Howe", "2026-10-03T12:00:00Z"), "2026-10-03T15:30:00Z")
    // Cairo, 2026-04-24: 00:00 becomes 01:00.
    assert.strictEqual(next("00:30-02:00 Africa/Cairo", "2026-04-23T12:00:00Z"), "2026-04-23T22:00:00Z")
    // Samoa had no 30 December 2011, which was a Friday.
    assert.strictEqual(next("Fri 02:00-05:00 Pacific/Apia", "2011-12-29T12:00:00Z"), "2012-01-05T12:00:00Z")
  })

  it.each([
    ["Sat,Sun 02:15-03:10 Europe/Warsaw", "2026-03-26", "2026-10-22"],
    ["23:30-00:30 Africa/Cairo", "2026-04-22", "2026-10-27"],
    ["Sun 01:30-02:30 America/New_York", "2026-03-05", "2026-10-29"]
  ])("finds the same openings as a look every five minutes: %s", (text, ...weeks) => {
    const one = window(text)
    for (const week of weeks) {
      const start = at(`${week}T00:00:00Z`)
      const looks = Array.from({ length: 6 * 24 * 12 }, (_, i) => start + i * 300_000)
      const opened = looks.filter((moment) => isOpen(one, moment) && !isOpen(one, moment - 300_000))
      assert.isNotEmpty(opened)
      for (const [i, moment] of opened.entries()) {
        assert.strictEqual(nextOpening(one, opened[i - 1] ?? start), moment, `${text} at ${iso(moment)}`)
      }
    }
  })
})

describe("several windows", () => {
  const both = [window("Sat 02:00-05:00"), window("Wed 12:00-13:00")]
  it("are open when one of them is, and open with the next of them", () => {
    assert.isTrue(mayBegin(both, at("2026-03-04T12:30:00Z")))
    assert.isNull(opensAt(both, at("2026-03-04T12:30:00Z")))
    assert.isFalse(mayBegin(both, at("2026-03-04T14:00:00Z")))
    assert.strictEqual(opensAt(both, at("2026-03-04T14:00:00Z")), at("2026-03-07T02:00:00Z"))
  })

  it("are no bound if there are none", () => {
    assert.isTrue(mayBegin([], 0))
    assert.isNull(opensAt([], 0))
  })
})
