import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import picomatch from "picomatch"
import { matcher } from "../../src/snapshot/Glob.ts"

const is = (glob: string, path: string) => matcher([glob])(path)

describe("Glob", () => {
  it("matches the documented patterns", () => {
    const yes = [
      ["*.log", "a.log"],
      ["*.log", ".log"],
      ["**/*.log", "a.log"],
      ["**/*.log", "x/y/.z.log"],
      ["a/**/b", "a/b"],
      ["a/**/b", "a/x/y/b"],
      ["a/**/*", "a/x\ny"],
      ["**", "a/b/c"],
      ["**", "a"],
      ["{a,b{c,d}}/?", "bd/x"],
      ["[a-c]x[!0-9]", "bxq"],
      ["[]]", "]"],
      ["[!]]", "x"],
      ["a\\*b", "a*b"],
      ["a{b", "a{b"],
      ["a[b", "a[b"],
      ["x**y", "xabcy"],
      ["*a*b*", "xxaxxbxx"],
      ["a/*/**/c", "a/b/c"],
      ["a/**", "a"],
      ["*/**", "a"],
      ["*.*", "a."]
    ] as const
    const no = [
      ["*.log", "x/a.log"],
      ["a/**/*", "a"],
      ["a/**/b", "a/x/c"],
      ["a\\*b", "axb"],
      ["[a-c]x[!0-9]", "bx7"],
      ["x**y", "xa/cy"],
      ["*a*b", "xxaxxbxx"],
      ["a", "ab"],
      ["?", ""],
      ["a/*/**/c", "a/c"]
    ] as const
    assert.deepStrictEqual(
      yes.filter(([glob, path]) => !is(glob, path)),
      []
    )
    assert.deepStrictEqual(
      no.filter(([glob, path]) => is(glob, path)),
      []
    )
  })

  const part = Schema.Literals(["a", "b", "*", "**", "/", "?", "."])
  const name = Schema.Literals(["a", "b", "/", "ab", "."])
  it.prop(
    "agrees with picomatch on the patterns that both support",
    [Schema.Array(part).check(Schema.isMaxLength(7)), Schema.Array(name).check(Schema.isMaxLength(7))],
    ([parts, names]) => {
      const glob = parts.join("")
      const path = names.join("")
      // Odd slashes, dots that mean a folder, and runs of stars are spelled in many ways: they are not what people write.
      const tame = (text: string) =>
        text !== "" &&
        text.split("/").every((s) => s !== "" && !/^\.+$/.test(s) && !/\*\*./.test(s) && !/.\*\*/.test(s))
      // picomatch lets `a/**` match `a` but not `*/**`, and `*.*` no name that ends with a dot; here they all do.
      const odd = /[*?][^/]*(\/\*\*)+$/.test(glob) || glob === "*.*"
      if (!tame(glob) || !tame(path) || /^\.\//.test(glob) || odd) return
      assert.strictEqual(is(glob, path), picomatch(glob, { dot: true, bash: false })(path), `${glob} on ${path}`)
    }
  )

  /** Verifies: LAW-13 */
  it("takes milliseconds for adversarial and random names and patterns", () => {
    const start = performance.now()
    for (const [glob, path] of [
      [`${"*a".repeat(100)}b`, "a".repeat(255)],
      [`${"**/a/".repeat(20)}b`, `${"a/".repeat(2000)}c`],
      ["**/*a*a*b*", "aa/".repeat(1300)],
      [`${"{a,b}".repeat(50)}`, "a".repeat(50)],
      ["{".repeat(5000), "{"],
      ["[".repeat(5000), "["],
      [`${"{a,".repeat(2000)}${"}".repeat(2000)}`, "a"]
    ] as const) {
      is(glob, path)
    }
    assert.isBelow(performance.now() - start, 5000)
  })
})
