import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import {
  allowed,
  changeBetween,
  compareVersions,
  isOlderApp,
  isPrerelease,
  parseVersion
} from "../../src/domain/Version.ts"

/** Of recipes without tags. */
const revisions = [
  "1-4f2a91c",
  "2-4f2a91c+web=1.0.0",
  "2-5f2a91c+web=1.0.0",
  "10-4f2a91c+db=16.4,web=2.0.0",
  "10-4f2a91c+web=20261129T161103Z"
]

/** Parts that meet each other's edge cases: widths, leading zeros, suffixes, hashes, no version at all. */
const recipes = [
  "0.9.0",
  "1.0.0",
  "1.0.0-rc.1",
  "1.0.0-rc.2",
  "v1.0.0",
  "1.10.0",
  "2.0.0",
  "nonsense",
  "1.0",
  ...revisions
]
const pieces = ["1", "2", "10", "01", "rc", "beta", "fpm", "alpine", "FPM", "v", "4f2a91c", "latest"]
const separators = [".", "-", "_", "+"]
const Parts = Schema.Struct({
  recipe: Schema.Literals(recipes),
  app: Schema.Array(Schema.Struct({ separator: Schema.Literals(separators), piece: Schema.Literals(pieces) }))
})
const textOf = ({ recipe, app }: typeof Parts.Type): string =>
  app.reduce((text, { separator, piece }, i) => text + (i === 0 ? "+" : separator) + piece, recipe)

describe("parseVersion", () => {
  it.each([
    ["10.7.1+26.6.2", "10.7.1", "26.6.2"],
    ["1.7.1+1.27.2", "1.7.1", "1.27.2"],
    ["5.0.3+27.0.1-fpm", "5.0.3", "27.0.1-fpm"],
    ["2.0.1+1.0.6-social-amd64", "2.0.1", "1.0.6-social-amd64"],
    ["v1.2.3+v4.5", "1.2.3", "v4.5"],
    ["1.2.3", "1.2.3", null],
    ["1.2.3-rc.1+4", "1.2.3-rc.1", "4"],
    ["0.1.0+RELEASE.2023-01-02T03-04-05Z", "0.1.0", "RELEASE.2023-01-02T03-04-05Z"],
    ["1.0.0+2.8.0_ce", "1.0.0", "2.8.0_ce"]
  ])("takes %s apart", (raw, recipe, app) => {
    assert.deepStrictEqual(parseVersion(raw), { raw, recipe, app })
  })

  it.each([
    ...["", "latest", "main", "1.2", "1", "01.2.3", "1.2.3+", "1.2.3++", "V1.2.3", "vv1.2.3", "-1.2.3", "--1.2.3+1"],
    ...["1.2.3+$(id)", "1.2.3+a;id", "1.2.3+a'b", '1.2.3+a"b', "1.2.3+a/b", "1.2.3+a b", "1.2.3\n", "1.2.3+1\n2"],
    ...["1.2.3+-rf", "release/1.2.3", "1.2.3+ü", "1.2.3+{}", "1.2.3-", `1.2.3+${"9".repeat(200)}`]
  ])("takes %j for no version", (raw) => {
    assert.isNull(parseVersion(raw))
  })
})

describe("compareVersions", () => {
  it.each([
    ["a recipe part counts first", "1.7.1+99.0", "1.8.0+1.0"],
    ["recipe numbers are numbers", "9.0.0+1", "10.0.0+1"],
    ["a recipe's pre-release comes before its release", "2.0.0-rc.1+1", "2.0.0+1"],
    ["the app part decides between equal recipe parts", "10.7.1+26.6.2", "10.7.1+26.6.10"],
    ["app numbers are numbers", "1.0.0+9.1", "1.0.0+10.0"],
    ["numbers may be longer than a double holds", "1.0.0+90071992547409921", "1.0.0+90071992547409922"],
    ["missing comes before present", "1.0.0+27.0", "1.0.0+27.0.1"],
    ["a flavour comes after the bare number", "1.0.0+27.0.1", "1.0.0+27.0.1-fpm"],
    ["a flavour comes before a further number", "1.0.0+27.0.1-fpm", "1.0.0+27.0.1.1"],
    ["a release candidate comes before its release", "1.0.0+27.0.1-rc1", "1.0.0+27.0.1"],
    ["release candidates count", "1.0.0+27.0.1-rc9", "1.0.0+27.0.1-rc10"],
    ["a beta comes before a release candidate", "1.0.0+27.0.1-beta2", "1.0.0+27.0.1-rc1"],
    ["no app part comes before one", "1.0.0", "1.0.0+1"],
    ["a v before the app part says nothing", "1.0.0+v26.1", "1.0.0+26.2"],
    ["dates are numbers", "1.0.0+RELEASE.2023-09-30", "1.0.0+RELEASE.2023-10-01"],
    ["what is no version comes before every version", "zzz", "0.0.1"],
    ["revisions come by their number, whatever is in them", "9-4f2a91c+web=2.0.0", "10-0000000+web=1.0.0"],
    ["a revision comes after every tag", "999.0.0+999", "1-4f2a91c"]
  ])("%s: %s < %s", (_why, older, newer) => {
    assert.isBelow(compareVersions(older, newer), 0)
    assert.isAbove(compareVersions(newer, older), 0)
  })

  it.prop(
    "is antisymmetric, and equal only for equal texts",
    [Parts, Parts],
    ([a, b]) => {
      const [x, y] = [textOf(a), textOf(b)]
      assert.strictEqual(Math.sign(compareVersions(x, y)), -Math.sign(compareVersions(y, x)) + 0)
      assert.strictEqual(compareVersions(x, y) === 0, x === y)
    },
    { arbitrary: { runs: 2000 } }
  )

  it.prop(
    "is transitive",
    [Parts, Parts, Parts],
    (three) => {
      const [a, b, c] = three.map(textOf).sort(compareVersions)
      if (a === undefined || b === undefined || c === undefined) return assert.fail("three versions stay three")
      assert.isAtMost(compareVersions(a, b), 0)
      assert.isAtMost(compareVersions(b, c), 0)
      assert.isAtMost(compareVersions(a, c), 0)
    },
    { arbitrary: { runs: 5000 } }
  )

  it.prop("is total over any text", [Schema.String, Schema.String], ([a, b]) => {
    assert.strictEqual(compareVersions(a, b) === 0, a === b)
  })
})

describe("changeBetween", () => {
  it.each([
    ["10.7.1+26.6.2", "10.7.2+26.6.2", "patch"],
    ["10.7.1+26.6.2", "10.8.0+26.6.2", "minor"],
    ["10.7.1+26.6.2", "11.0.0+26.6.2", "major"],
    ["10.7.1+26.6.2", "10.7.2+26.6.3", "patch"],
    ["10.7.1+26.6.2", "10.7.2+26.7.0", "minor"],
    ["10.7.1+26.6.2", "10.7.2+27.0.0", "major"],
    ["10.7.1+26.6.2", "10.7.1+26.6.2", "patch"],
    ["1.0.0+26", "1.0.0+26.1", "minor"],
    ["1.0.0+27.0.1-fpm", "1.0.0+27.0.1-apache", "patch"],
    ["1.0.0+v26.1.0", "1.0.1+26.1.1", "patch"],
    ["1.0.0+v26.1.0", "1.0.0+26.1.0", "patch"],
    ["1.0.0+latest", "1.0.1+latest", "patch"],
    ["1.0.0+latest", "1.0.1+stable", "major"],
    ["1.0.0+4f2a91c", "1.0.1+4f2a91d", "major"],
    ["1.0.0+RELEASE.2023-01-02", "1.0.1+RELEASE.2023-01-03", "major"],
    ["1.0.0", "1.0.1+26.1", "major"],
    ["4f2a91c0ffee", "1.0.0+1", "major"],
    ["1-4f2a91c+db=16.4,web=1.0.0", "2-5f2a91c+db=16.4,web=1.0.1", "patch"],
    ["1-4f2a91c+db=16.4,web=1.0.0", "2-5f2a91c+db=16.5,web=1.0.1", "minor"],
    ["1-4f2a91c+db=16.4,web=1.0.0", "2-5f2a91c+db=17.0,web=1.0.1", "major"],
    ["1-4f2a91c+web=v1.9.0", "2-5f2a91c+web=v1.10.0", "minor"],
    ["1-4f2a91c+web=1.0.0", "2-5f2a91c+web=1.0.0", "patch"],
    ["1-4f2a91c+web=1.0.0", "2-5f2a91c+db=16,web=1.0.0", "minor"],
    ["1-4f2a91c+web=20261129T161103Z", "2-5f2a91c+web=20271129T161103Z", "minor"],
    ["1-4f2a91c+web=sha-1234", "2-5f2a91c+web=sha-5678", "major"],
    ["1.0.0+26.1", "1-4f2a91c+web=26.1", "major"]
  ] as const)("of %s and %s is %s", (a, b, change) => {
    assert.strictEqual(changeBetween(a, b), change)
  })

  it.prop("is the same in both directions", [Parts, Parts], ([a, b]) => {
    assert.strictEqual(changeBetween(textOf(a), textOf(b)), changeBetween(textOf(b), textOf(a)))
  })
})

describe("allowed", () => {
  const from = "1.2.3+4.5.6"
  const reach = { patch: "1.2.4+4.5.6", minor: "1.2.4+4.6.0", major: "1.2.4+5.0.0" }
  it.each([
    ["manual", []],
    ["patch", ["patch"]],
    ["minor", ["patch", "minor"]],
    ["major", ["patch", "minor", "major"]]
  ] as const)("under the policy %s reaches %j", (policy, expected) => {
    const reached = Object.entries(reach).filter(([, to]) => allowed(policy, from, to))
    assert.deepStrictEqual(
      reached.map(([change]) => change),
      [...expected]
    )
  })

  it("never allows an older version or the same one", () => {
    assert.isFalse(allowed("major", from, "1.2.2+9.9.9"))
    assert.isFalse(allowed("major", from, from))
  })
})

describe("isOlderApp", () => {
  it.each([
    ["2.1.0+2.3.0", "2.3.0+2.2.19", true],
    ["1.0.0+27.0.1-fpm", "1.1.0+26.9.9-fpm", true],
    ["2.1.0+2.3.0", "2.3.0+2.3.0", false],
    ["2.1.0+2.3.0", "2.3.0+2.10.0", false],
    ["1.0.0+27.0.1-fpm", "1.1.0+27.0.1", false],
    ["1.0.0+27.0.1", "1.1.0+27.0", false],
    ["1.0.0+4f2a91c", "1.1.0+3aa", false],
    ["1.0.0", "1.1.0+1", false]
  ])("from %s to %s is %s", (from, to, expected) => {
    assert.strictEqual(isOlderApp(from, to), expected)
  })
})

describe("isPrerelease", () => {
  it.each([
    ["2.0.0-rc.1+26", true],
    ["2.0.0-0", true],
    ["2.0.0+26-rc1", false],
    ["2.0.0", false],
    ["nonsense-rc", false]
  ])("of %s is %s", (raw, expected) => {
    assert.strictEqual(isPrerelease(raw), expected)
  })
})
