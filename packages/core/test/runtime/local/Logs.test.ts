import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
  writeSync
} from "node:fs"
import { dirname, join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { boundLogs, logFile, logs, logTail, openLog } from "@lastgood/core/runtime/local/Logs"
import { saveLeader } from "@lastgood/core/runtime/local/Members"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import * as Effect from "effect/Effect"
import { appAt } from "../../claim/app.ts"

const app = Effect.map(temporaryFolder(), appAt)

const write = (path: string, text: string) => {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

describe("the logs of local processes", () => {
  it.live("are appended to, and rotated when they exceed 10 MiB", () =>
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
  it.live("are shown without the values of any release's env file", () =>
    Effect.gen(function* () {
      const one = yield* app
      write(join(one.dir, "releases", "c0ffee", "env.1.0.0+1.0.0"), "OLD_PASSWORD=yesterdays-word\n")
      write(logFile(one, "web"), "it is yesterdays-word\n")
      write(logFile(one, "clock"), "tick\n")
      assert.strictEqual(yield* logs(one, 5), "clock | tick\nweb | it is ***")
    })
  )

  const leader = {
    name: "web",
    pid: process.pid,
    startTicks: "1",
    boot: "boot",
    version: "1.0.0",
    commit: "c0ffee",
    deployment: "deployment",
    releaseDir: "/none",
    envFile: null,
    processes: ["web"]
  }
  const line = (n: number) => `line ${n} ${"x".repeat(90)}\n`

  it.live("are bounded while a process writes to them, and keep its last lines", () =>
    Effect.gen(function* () {
      const one = yield* app
      const path = logFile(one, "web")
      const fd = openLog(one, "web")
      for (let n = 0; n < 120_000; n += 1000) {
        writeSync(fd, Array.from({ length: 1000 }, (_, i) => line(n + i)).join(""))
      }
      yield* boundLogs(one)
      assert.isAtMost(statSync(path).size, 64 * 1024)
      assert.isAtMost(statSync(`${path}.1`).size, 10 * 1024 * 1024)
      assert.isTrue(readFileSync(`${path}.1`, "utf8").endsWith(line(119_999)))
      assert.deepStrictEqual(logTail(one, "web", 2), [line(119_998).trimEnd(), line(119_999).trimEnd()])
      assert.match(readFileSync(path, "utf8"), /^line \d+ x/)
      writeSync(fd, "after\n")
      closeSync(fd)
      assert.deepStrictEqual(logTail(one, "web", 2), [line(119_999).trimEnd(), "after"])
      const before = statSync(path).size
      yield* boundLogs(one)
      assert.strictEqual(statSync(path).size, before)
    })
  )

  /** Verifies: LAW-12 */
  it.live("show only the output of the running version, also after a rotation", () =>
    Effect.gen(function* () {
      const one = yield* app
      const path = logFile(one, "web")
      write(path, `${"o".repeat(100)}\n`.repeat(110_000).concat("an older version's word\n"))
      const logFrom = statSync(path).size
      yield* saveLeader(one, { ...leader, logFrom })
      const fd = openSync(path, "a")
      writeSync(fd, "first\nsecond\n")
      yield* boundLogs(one)
      assert.strictEqual(readFileSync(path, "utf8"), "first\nsecond\n")
      // It grows past the byte at which its part began before.
      writeSync(fd, line(1).repeat(Math.ceil(logFrom / 100)))
      writeSync(fd, "last\n")
      closeSync(fd)
      assert.isTrue((yield* logs(one, 100)).endsWith("web | last"))
      assert.strictEqual((yield* logs(one, 100)).split("\n").length, 100)
    })
  )

  it.live("are not rotated by two lastgoods at once, even after one was killed", () =>
    Effect.gen(function* () {
      const one = yield* app
      const path = logFile(one, "web")
      write(path, line(1).repeat(120_000))
      const { size } = statSync(path)
      write(`${path}.1.part`, "half")
      yield* boundLogs(one)
      assert.strictEqual(statSync(path).size, size)
      utimesSync(`${path}.1.part`, 1000, 1000)
      yield* boundLogs(one)
      yield* boundLogs(one)
      assert.isBelow(statSync(path).size, size)
      assert.isFalse(existsSync(`${path}.1.part`))
    })
  )

  it.live("report why they cannot be rotated, and what to do", () =>
    Effect.gen(function* () {
      const one = yield* app
      mkdirSync(logFile(one, "web"), { recursive: true })
      const error = yield* Effect.flip(boundLogs(one))
      assert.match(error.message, /bounding the logs of notes failed: EISDIR/)
      assert.match(error.next, /make .*logs writable/)
    })
  )
})
