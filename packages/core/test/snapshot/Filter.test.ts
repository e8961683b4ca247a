import { assert, describe, it } from "@effect/vitest"
import { makeSelector } from "../../src/snapshot/Filter.ts"

/** What is kept of a walk, folders before what is in them. */
const kept = (include: ReadonlyArray<string>, exclude: ReadonlyArray<string>, walk: ReadonlyArray<string | Buffer>) => {
  const select = makeSelector({ include, exclude })
  return walk.flatMap((path) => select(Buffer.from(path)).map((bytes) => bytes.toString("latin1")))
}
const walk = [
  "cache",
  "cache/a",
  "cache/deep",
  "cache/deep/b",
  "db",
  "db/.hidden",
  "db/main.db",
  "db/main.log",
  "top.log"
]

describe("Filter", () => {
  it("keeps everything without globs", () => {
    assert.deepStrictEqual(kept([], [], walk), walk)
  })
  it("leaves out the content of an excluded folder; `folder/**` keeps the empty folder", () => {
    const rest = walk.filter((path) => !path.startsWith("cache"))
    assert.deepStrictEqual(kept([], ["cache"], walk), rest)
    assert.deepStrictEqual(kept([], ["./cache/"], walk), rest)
    assert.deepStrictEqual(kept([], ["cache/**"], walk), ["cache", ...rest])
  })
  it("matches `**/*.log` at every depth and `*.log` at the root only", () => {
    assert.deepStrictEqual(
      kept([], ["**/*.log"], walk),
      walk.filter((path) => !path.endsWith(".log"))
    )
    assert.deepStrictEqual(
      kept([], ["*.log"], walk),
      walk.filter((path) => path !== "top.log")
    )
  })
  it("keeps only the parent folders of an included path, once, before it", () => {
    assert.deepStrictEqual(kept(["cache/deep/*", "db/main.db"], [], walk), [
      "cache",
      "cache/deep",
      "cache/deep/b",
      "db",
      "db/main.db"
    ])
    assert.deepStrictEqual(kept(["db"], ["db/main.log"], walk), ["db", "db/.hidden", "db/main.db"])
  })
  it("does not confuse a folder with one whose name begins the same", () => {
    assert.deepStrictEqual(kept(["a/x"], [], ["a", "a/x", "a-b", "a-b/x"]), ["a", "a/x"])
  })
  it("matches names that are not text or contain a newline, and returns their bytes", () => {
    const odd = [Buffer.from("t"), Buffer.from([0x74, 0x2f, 0xff, 0xfe]), Buffer.from("t/a\nb"), Buffer.from("t/c")]
    assert.deepStrictEqual(kept(["t/**"], [], odd), ["t", "t/\xff\xfe", "t/a\nb", "t/c"])
    assert.deepStrictEqual(kept([], ["t/**"], odd), ["t"])
  })
})
