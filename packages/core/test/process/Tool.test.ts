import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { run } from "../../src/process/Tool.ts"

describe("Tool", () => {
  it.live("returns what the program printed", () =>
    Effect.gen(function* () {
      const r = yield* run("sh", ["-c", "echo out; echo err >&2"])
      assert.deepStrictEqual([r.code, r.stdout, r.stderr], [0, "out\n", "err\n"])
    })
  )
  it.live("fails with the program's own last words, and says when it is not installed", () =>
    Effect.gen(function* () {
      const bad = yield* Effect.flip(run("sh", ["-c", "echo FATA nope; exit 3"]))
      assert.deepStrictEqual([bad.code, bad.said], [3, "FATA nope"])
      const none = yield* Effect.flip(run("no-such-program", []))
      assert.strictEqual(none.said, "no-such-program is not installed")
      const slow = yield* Effect.flip(run("sleep", ["5"], { timeoutMs: 50 }))
      assert.isTrue(slow.timedOut)
    })
  )
})
