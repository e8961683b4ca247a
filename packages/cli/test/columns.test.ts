import { assert, describe, it, vi } from "@effect/vitest"
import { lastgoodCommand } from "@lastgood/testing/binary"
import { onTerminal } from "@lastgood/testing/onTerminal"
import * as Effect from "effect/Effect"
import { makeWorld } from "./world.ts"

// One test starts many processes, on machines that may be busy with other tests.
vi.setConfig({ testTimeout: 600_000 })

const commands = [
  "status",
  "plan",
  "snapshots",
  "history web",
  "log",
  "log --digest",
  "alerts",
  "verify",
  "doctor",
  "aside",
  "prune --dry-run"
]

const longest = (line: string): number => Math.max(0, ...line.split(/\s+/).map((word) => word.length))

describe("a terminal of 60 columns", () => {
  it.live("has no line that is longer, but for a word that is; a pipe has the whole text", () =>
    Effect.gen(function* () {
      const { home, lastgood } = yield* makeWorld()
      yield* lastgood(["deploy", "web", "--to", "1.0.0+1.0.0"])
      yield* lastgood(["snapshot", "web"])
      yield* lastgood(["upgrade", "web"])
      const env = { PATH: process.env["PATH"], HOME: process.env["HOME"], TZ: "UTC", LASTGOOD_TEST_HOME: home }
      for (const command of commands) {
        const { shown } = yield* onTerminal([...lastgoodCommand, ...command.split(" ")], {
          cwd: home,
          env,
          columns: 60
        })
        for (const line of shown.split("\n")) {
          const isOneWord = line.trimStart().length === longest(line)
          assert.isTrue(line.length <= 60 || isOneWord, `${command}: ${line}`)
        }
      }
      const { stdout } = yield* lastgood(["snapshots"])
      assert.match(
        stdout,
        /^APP +SNAPSHOT +VERSION +TAKEN +SIZE +STATE\nweb +\d{8}T\d{6}Z-[0-9a-f]{8} +1\.0\.0\+1\.0\.0 /
      )
    }).pipe(Effect.scoped)
  )
})
