/** Tags are other people's texts: their order must be one for all of them, and what becomes a name must be harmless. */
import { assert, describe, it } from "@effect/vitest"
import { allowed, changeBetween, compareVersions, parseVersion } from "@lastgood/core/domain/Version"
import { mutations, nasty, random } from "./garbage.ts"

const pieces = [
  "0",
  "1",
  "01",
  "9",
  "10",
  "2.0",
  "1.0.0",
  ".",
  "-",
  "+",
  "_",
  "v",
  "rc",
  "rc1",
  "alpha",
  "fpm",
  "a",
  "Z",
  "99999999999999999999"
]

const texts = (count: number, seed: number): ReadonlyArray<string> => {
  const next = random(seed)
  const piece = () => pieces[Math.floor(next() * pieces.length)] ?? ""
  const few = () => Array.from({ length: 1 + Math.floor(next() * 4) }, piece).join("")
  return Array.from({ length: count }, () => {
    const kind = Math.floor(next() * 4)
    if (kind === 0) return few()
    const app = kind === 1 ? "" : `+${few()}`
    return `${Math.floor(next() * 3)}.${Math.floor(next() * 2)}.${Math.floor(next() * 2)}${kind === 3 ? `-rc.${Math.floor(next() * 2)}` : ""}${app}`
  })
}

const all = [
  ...texts(70, 7),
  ...nasty,
  ...mutations("10.7.1+26.6.2", 40, 8),
  "1.0.0+27.0",
  "1.0.0+27.0.1",
  "1.0.0+27.0.1-rc1"
]

describe("the order of versions", () => {
  it("is total and antisymmetric for all texts, and equal only for equal texts", () => {
    for (const a of all) {
      for (const b of all) {
        const order = Math.sign(compareVersions(a, b))
        assert.strictEqual(order + Math.sign(compareVersions(b, a)), 0, `${a} and ${b}`)
        assert.strictEqual(order === 0, a === b, `${a} and ${b}`)
      }
    }
  })

  it("is transitive: sorting any permutation gives the same result", () => {
    const rank = new Map([...new Set(all)].sort(compareVersions).map((text, i) => [text, i]))
    for (const a of all) {
      for (const b of all) {
        const sorted = Math.sign((rank.get(a) ?? 0) - (rank.get(b) ?? 0))
        assert.strictEqual(Math.sign(compareVersions(a, b)), sorted, `${a} and ${b}`)
      }
    }
    const next = random(9)
    const shuffled = [...new Set(all)].sort(() => next() - 0.5).sort(compareVersions)
    assert.deepStrictEqual(shuffled, [...new Set(all)].sort(compareVersions))
  })

  it("never lets a policy choose an older version, or text that is not a version", () => {
    for (const a of all) {
      for (const b of all) {
        for (const policy of ["patch", "minor", "major"] as const) {
          if (allowed(policy, a, b)) assert.isBelow(compareVersions(a, b), 0)
        }
        assert.include(["patch", "minor", "major"], changeBetween(a, b))
      }
    }
  })
})

describe("a version", () => {
  /** Verifies: LAW-13 */
  it("is harmless as a file name, a label, a variable and an argument, whatever the tag", () => {
    for (const text of [
      ...all,
      ...mutations("1.0.0+1", 5000, 10),
      `1.0.0+${"1".repeat(200)}`,
      `1.0.0-${"a.".repeat(100_000)}`
    ]) {
      if (parseVersion(text) === null) continue
      assert.match(text, /^v?[0-9][0-9A-Za-z._+-]{0,127}$/)
      assert.notMatch(text, /[/\\\s$`;'"]/)
    }
  })
})
