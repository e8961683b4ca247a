import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { runAt } from "../../src/process/priority.ts"
import { run } from "../../src/process/Tool.ts"

describe("Tool", () => {
  it.live("returns the program's output", () =>
    Effect.gen(function* () {
      const r = yield* run("sh", ["-c", "echo out; echo err >&2"])
      assert.deepStrictEqual([r.code, r.stdout, r.stderr], [0, "out\n", "err\n"])
    })
  )
  it.live("fails with the program's last output lines, and reports a missing program", () =>
    Effect.gen(function* () {
      const bad = yield* Effect.flip(run("sh", ["-c", "echo FATA nope; exit 3"]))
      assert.deepStrictEqual([bad.code, bad.said], [3, "FATA nope"])
      const none = yield* Effect.flip(run("no-such-program", []))
      assert.strictEqual(none.said, "no-such-program is not installed")
      const slow = yield* Effect.flip(run("sleep", ["5"], { timeoutMs: 50 }))
      assert.isTrue(slow.timedOut)
    })
  )

  it.live("says which signal ended the program, also at a lower priority", () =>
    Effect.gen(function* () {
      for (const priority of ["normal", "low", "idle"] as const) {
        const error = yield* Effect.flip(runAt(priority, "sh", ["-c", "kill -9 $$"]))
        assert.strictEqual(error.message, "sh -c: sh was ended by SIGKILL")
      }
    })
  )

  it.live("treats truncated output as a failure, whatever the exit code", () =>
    Effect.gen(function* () {
      const cut = { maxBytes: 1000, codes: [0, 1] }
      const script = "trap '' PIPE; head -c 100000 /dev/zero; exit 0"
      const error = yield* Effect.flip(run("sh", ["-c", script], cut))
      assert.isAtMost(error.stdout.length, 1000)
      assert.strictEqual((yield* run("sh", ["-c", "echo whole; exit 1"], cut)).stdout, "whole\n")
    })
  )

  it.live("ends everything that the program started at its deadline and when interrupted", () =>
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

  /** Verifies: LAW-17 */
  it.live("gives the program lastgood's own environment, nothing of the caller's", () =>
    Effect.gen(function* () {
      const callers = [
        "TAR_OPTIONS",
        "GZIP",
        "GIT_DIR",
        "BASH_ENV",
        "LD_PRELOAD",
        "LC_ALL",
        "COLUMNS",
        "GIT_SSH_COMMAND"
      ]
      const before = new Map(callers.map((name) => [name, process.env[name]]))
      for (const name of callers) process.env[name] = "/nowhere"
      const { stdout } = yield* run("env", [], { env: { ASKED_FOR: "1" } }).pipe(
        Effect.ensuring(
          Effect.sync(() => {
            for (const [name, value] of before) {
              if (value === undefined) delete process.env[name]
              else process.env[name] = value
            }
          })
        )
      )
      const names = stdout.split("\n").flatMap((line) => line.split("=", 1))
      assert.sameMembers(
        names.filter((name) => name !== ""),
        ["PATH", "HOME", "LC_ALL", "ASKED_FOR", "LASTGOOD_TOOL_OF"]
      )
      assert.include(stdout, "LC_ALL=C\n")
    })
  )

  /** Verifies: LAW-4 */
  it.live("runs the program in a session of its own, without the terminal's Ctrl-C", () =>
    Effect.gen(function* () {
      const { stdout } = yield* run("sh", ["-c", "ps -o sid= -p $$; echo $$"])
      const [session, pid] = stdout.split("\n").map((line) => line.trim())
      assert.strictEqual(session, pid)
    })
  )

  /** Verifies: LAW-8 */
  it.live("restarts a program that Ctrl-C ended before it had a session of its own", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder()
      const script = 'echo x >> "$0/starts"; [ "$(wc -l < "$0/starts")" -gt 2 ] || kill -INT $$; echo done'
      assert.strictEqual((yield* run("sh", ["-c", script, folder])).stdout, "done\n")
      const always = yield* Effect.flip(run("sh", ["-c", "kill -INT $$; sleep 1"]))
      assert.include(always.said, "SIGINT")
      const later = yield* Effect.flip(run("sh", ["-c", 'echo x >> "$0/later"; sleep 1.1; kill -INT $$', folder]))
      assert.include(later.said, "SIGINT")
      assert.strictEqual(readFileSync(join(folder, "later"), "utf8"), "x\n")
    }).pipe(Effect.scoped)
  )
})
