/** Fingerprints of configurations, and the key that they are made with. */
import { createHash } from "node:crypto"
import { readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import * as Effect from "effect/Effect"
import { canonical, fingerprint } from "../../src/runtime/fingerprint.ts"
import { ensureKey, keyFile, readKey } from "../../src/runtime/fingerprintKey.ts"

const key = "a".repeat(64)

describe("a fingerprint", () => {
  const same: ReadonlyArray<readonly [string, unknown, unknown]> = [
    ["the order of keys", { a: 1, b: 2 }, { b: 2, a: 1 }],
    ["the order of unordered values", { Env: ["A=1", "B=2"] }, { Env: ["B=2", "A=1"] }],
    ["default values", { A: "x" }, { A: "x", B: null, C: [], D: {}, E: 0, F: false, G: "" }],
    ["nested default values", { Resources: {} }, { Resources: { Limits: {}, Reservations: { Memory: 0 } } }]
  ]
  const other: ReadonlyArray<readonly [string, unknown, unknown]> = [
    ["a value", { Env: ["A=1"] }, { Env: ["A=2"] }],
    ["an entry more", { Env: ["A=1"] }, { Env: ["A=1", "B=2"] }],
    ["a duplicate entry", { Env: ["A=1"] }, { Env: ["A=1", "A=1"] }],
    ["the order of words", { Args: ["a", "b"] }, { Args: ["b", "a"] }],
    ["an empty word", { Args: ["a", ""] }, { Args: ["a"] }],
    ["the position of a value", { a: { x: 1 } }, { b: { x: 1 } }]
  ]
  /** Verifies: LAW-16 */
  for (const [title, a, b] of same) {
    it(`does not change with ${title}`, () => {
      assert.deepStrictEqual(canonical(a), canonical(b))
      assert.strictEqual(fingerprint(key, a), fingerprint(key, b))
    })
  }
  /** Verifies: LAW-16 */
  for (const [title, a, b] of other) {
    it(`changes with ${title}`, () => assert.notStrictEqual(fingerprint(key, a), fingerprint(key, b)))
  }

  /** Verifies: LAW-12 */
  it("depends on the key, and cannot be computed without it", () => {
    const value = { Env: ["PASSWORD=1234"] }
    const word = fingerprint(key, value) ?? ""
    assert.match(word, /^1\.[0-9a-f]{8}\.[0-9a-f]{32}$/)
    assert.notStrictEqual(word.split(".")[2], fingerprint("b".repeat(64), value)?.split(".")[2])
    const plain = createHash("sha256")
      .update(JSON.stringify(canonical(value)))
      .digest("hex")
    assert.notInclude(plain, word.split(".")[2] ?? "")
    assert.isNull(fingerprint(null, value))
  })
})

describe("the key of fingerprints", () => {
  const folder = temporaryFolder()

  /** Verifies: LAW-12 */
  it.live("is created once, for its owner only, and not by reading", () =>
    Effect.gen(function* () {
      const app = { dir: join(yield* folder, "notes") }
      assert.isNull(yield* readKey(app))
      const made = yield* ensureKey(app)
      assert.match(made ?? "", /^[0-9a-f]{64}$/)
      assert.strictEqual(statSync(keyFile(app)).mode & 0o777, 0o600)
      assert.strictEqual(statSync(app.dir).mode & 0o777, 0o700)
      assert.deepStrictEqual([yield* ensureKey(app), yield* readKey(app)], [made, made])
    }).pipe(Effect.scoped)
  )

  it.live("is created again if a power cut left it empty", () =>
    Effect.gen(function* () {
      const app = { dir: yield* folder }
      writeFileSync(keyFile(app), "")
      assert.isNull(yield* readKey(app))
      const made = yield* ensureKey(app)
      assert.strictEqual(readFileSync(keyFile(app), "utf8").trim(), made)
    }).pipe(Effect.scoped)
  )

  it.live("does not prevent a deploy if it cannot be written", () =>
    Effect.gen(function* () {
      const dir = yield* folder
      writeFileSync(join(dir, "file"), "")
      assert.isNull(yield* ensureKey({ dir: join(dir, "file", "notes") }))
    }).pipe(Effect.scoped)
  )
})
