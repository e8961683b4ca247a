import { closeSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync, writeSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { logFile, logs, logTail, openLog } from "@lastgood/core/runtime/local/Logs"
import * as Effect from "effect/Effect"
import { appAt } from "../../claim/app.ts"

const app = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "lastgood-logs-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
  ),
  appAt
)

const write = (path: string, text: string) => {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

describe("the logs of local processes", () => {
  it.live("are appended to, and set aside once when they have grown beyond 10 MiB", () =>
    Effect.gen(function* () {
      const one = yield* app
      const path = logFile(one, "web")
      write(path, "kept\n")
      const append = (text: string) => {
        const fd = openLog(one, "web")
        writeSync(fd, text)
        closeSync(fd)
      }
      append("more\n")
      assert.strictEqual(readFileSync(path, "utf8"), "kept\nmore\n")
      writeFileSync(path, Buffer.alloc(10 * 1024 * 1024 + 1, "x"))
      append("new\n")
      assert.strictEqual(readFileSync(path, "utf8"), "new\n")
      assert.isAbove(statSync(`${path}.1`).size, 10 * 1024 * 1024)
    })
  )

  it.live("are read from their end, however large they are", () =>
    Effect.gen(function* () {
      const one = yield* app
      write(logFile(one, "web"), `${"x".repeat(99)}\n`.repeat(50_000).concat("one\ntwo\n"))
      assert.deepStrictEqual(logTail(one, "web", 2), ["one", "two"])
      assert.isBelow(logTail(one, "web", 1_000_000).length, 1000)
      assert.deepStrictEqual(logTail(one, "none", 2), [])
    })
  )

  /** Verifies: LAW-12 */
  it.live("are told without the values of any env file that was kept with a release", () =>
    Effect.gen(function* () {
      const one = yield* app
      write(join(one.dir, "releases", "c0ffee", "env.1.0.0+1.0.0"), "OLD=yesterdays-word\n")
      write(logFile(one, "web"), "it is yesterdays-word\n")
      write(logFile(one, "clock"), "tick\n")
      assert.strictEqual(yield* logs(one, 5), "clock | tick\nweb | it is ***")
    })
  )
})
