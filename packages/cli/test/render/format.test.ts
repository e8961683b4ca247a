import { assert, describe, it } from "@effect/vitest"
import { cut, duration, instants, oneLine, readable, size, time } from "../../src/render/format.ts"
import { progressLine } from "../../src/render/progress.ts"
import { fields, table } from "../../src/render/table.ts"

describe("numbers", () => {
  it("shows sizes in three digits", () => {
    assert.deepStrictEqual([0, 999, 1000, 12_345, 999_499, 999_500, 5e9, 3e15].map(size), [
      "0 B",
      "999 B",
      "1.00 kB",
      "12.3 kB",
      "999 kB",
      "1.00 MB",
      "5.00 GB",
      "3.00 PB"
    ])
  })
  it("shows durations in the two units that matter", () => {
    assert.deepStrictEqual([3, 1500, 42_000, 60_000, 200_000, 7_500_000].map(duration), [
      "3 ms",
      "1.5 s",
      "42 s",
      "1 m 0 s",
      "3 m 20 s",
      "2 h 5 m"
    ])
  })
  it("shows times to the second, with their zone", () => {
    assert.strictEqual(time("2026-11-23T22:10:03.123Z"), "2026-11-23 22:10:03Z")
    assert.strictEqual(time("soon"), "soon")
  })
})

describe("a table", () => {
  it("aligns its columns and shows a missing value as a dash", () => {
    assert.strictEqual(
      table(
        ["app", "running"],
        [
          ["web", "1.0.0"],
          ["keycloak", ""]
        ]
      ),
      "APP       RUNNING\nweb       1.0.0\nkeycloak  -"
    )
  })
  it("keeps a cell on one line", () => {
    assert.strictEqual(table(["why"], [["two\n  lines"]]), "WHY\ntwo lines")
  })
  it("leaves out fields without a value", () => {
    assert.strictEqual(
      fields([
        ["why", "broken"],
        ["next", null],
        ["last good", ""]
      ]),
      "  why  broken"
    )
  })
})

it("removes control characters from text on one line", () => {
  assert.strictEqual(oneLine(" a\tb\n\u001B[31mc\r\n"), "a b ?[31mc")
})

describe("progress", () => {
  const mark = { what: "snapshot data", since: 0, from: 0 }
  it("shows no rate in the first second", () => {
    assert.strictEqual(progressLine(mark, 1e6, 4e6, 900), "snapshot data: 1.00 MB of 4.00 MB")
  })
  it("shows amount, rate and time left after the first second", () => {
    assert.strictEqual(progressLine(mark, 1e6, 4e6, 2000), "snapshot data: 1.00 MB of 4.00 MB, 500 kB/s, 6.0 s left")
  })
  it("shows no time left when the total is unknown", () => {
    assert.strictEqual(progressLine(mark, 1e6, 0, 2000), "snapshot data: 1.00 MB, 500 kB/s")
  })
})

it("formats the times in a text, but not those in paths and examples", () => {
  const path = "/a/2026-11-29T17:21:09.568Z-x"
  assert.strictEqual(
    instants(`since 2026-11-29T17:21:09.568Z (upgrade), such as 2026-01-31T03:00:00Z, ${path}`),
    `since 2026-11-29 17:21:09Z (upgrade), such as 2026-01-31T03:00:00Z, ${path}`
  )
})

describe("long names", () => {
  it("are cut in the middle", () => {
    assert.deepStrictEqual(
      ["abcdef", "abcdefg", "abcdefgh"].map((text) => cut(text, 6)),
      ["abcdef", "abc…fg", "abc…gh"]
    )
  })

  it("of versions and digests are cut in a text, and paths and addresses are not", () => {
    const digits = "0123456789abcdef".repeat(4)
    const version = `1-0a1b2c3+web=${digits},db=2`
    const path = `/srv/${digits}/data`
    const text = `acme/app@sha256:${digits} runs ${version}; see ${path} and https://example.org/${digits}`
    const said = readable(text)
    assert.match(said, /^acme\/app@sha256:0123456789ab… runs 1-0a1b2c3\+web=0123\S*…\S*,db=2; see /)
    assert.isTrue(said.endsWith(`see ${path} and https://example.org/${digits}`))
  })
})
