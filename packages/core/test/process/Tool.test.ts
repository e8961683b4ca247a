import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
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

  it.live("ends all that the program started when its time is over, and when it is interrupted", () =>
    Effect.gen(function* () {
      const started = Date.now()
      // The shell waits for its child: ending the shell alone would leave the pipe open for 20 s.
      const slow = yield* Effect.flip(run("sh", ["-c", "sleep 20; true"], { timeoutMs: 100 }))
      assert.isTrue(slow.timedOut)
      const fiber = yield* Effect.forkChild(run("sh", ["-c", "sleep 20; true"]))
      yield* Effect.sleep("100 millis")
      yield* Fiber.interrupt(fiber)
      assert.isBelow(Date.now() - started, 4000)
    })
  )

  /** Verifies: LAW-4 */
  it.live("keeps the terminal's Ctrl-C from the program: it is in a session of its own", () =>
    Effect.gen(function* () {
      const { stdout } = yield* run("sh", ["-c", "ps -o sid= -p $$; echo $$"])
      const [session, pid] = stdout.split("\n").map((line) => line.trim())
      assert.strictEqual(session, pid)
    })
  )
})
