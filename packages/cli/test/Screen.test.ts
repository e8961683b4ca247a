import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { makeScreen } from "../src/Screen.ts"

const screenOn = (columns: number | null, quiet = false) => {
  const written: Array<string> = []
  return { screen: makeScreen({ write: (text) => written.push(text), columns: () => columns }, quiet), written }
}

describe("progress", () => {
  it.effect("is one line that is rewritten, cut to the terminal, and erased at the end", () =>
    Effect.gen(function* () {
      const { screen, written } = screenOn(40)
      yield* screen.progress.bytes("snapshot data", 1e6, 9e6)
      yield* TestClock.adjust("2 seconds")
      yield* screen.progress.bytes("snapshot data", 3e6, 9e6)
      yield* screen.progress.bytes("snapshot data", 9e6, 9e6)
      assert.deepStrictEqual(written, [
        "\r\u001B[Ksnapshot data: 1.00 MB of 9.00 MB",
        "\r\u001B[Ksnapshot data: 3.00 MB of 9.00 MB, 1.00",
        "\r\u001B[K"
      ])
    })
  )

  it.effect("makes way for a line of the timeline", () =>
    Effect.gen(function* () {
      const { screen, written } = screenOn(80)
      yield* screen.progress.bytes("snapshot data", 1, 2)
      screen.note("Undeployed")
      screen.note("SnapshotTaken")
      assert.deepStrictEqual(written.slice(1), ["\r\u001B[KUndeployed\n", "SnapshotTaken\n"])
    })
  )

  it.effect("is a line every 10 s without a terminal", () =>
    Effect.gen(function* () {
      const { screen, written } = screenOn(null)
      for (let second = 0; second <= 25; second++) {
        yield* screen.progress.bytes("snapshot data", second * 1e6, 100e6)
        yield* TestClock.adjust("1 second")
      }
      yield* screen.progress.bytes("snapshot data", 100e6, 100e6)
      assert.deepStrictEqual(
        written.filter((text) => text !== ""),
        [
          "snapshot data: 10.0 MB of 100 MB, 1.00 MB/s, 1 m 30 s left\n",
          "snapshot data: 20.0 MB of 100 MB, 1.00 MB/s, 1 m 20 s left\n"
        ]
      )
    })
  )

  it.effect("is not shown with --quiet, nor in the log of the daemon", () =>
    Effect.gen(function* () {
      const written: Array<string> = []
      const log = makeScreen({ write: (text) => written.push(text), columns: () => null }, false, true)
      for (const { progress } of [screenOn(80, true).screen, screenOn(null, true).screen, log]) {
        yield* progress.bytes("snapshot data", 1, 100)
        yield* TestClock.adjust("20 seconds")
        yield* progress.bytes("snapshot data", 50, 100)
      }
      assert.deepStrictEqual(written, [])
    })
  )
})

it("is hidden by --quiet with the timeline, but warnings are not", () => {
  const { screen, written } = screenOn(null, true)
  screen.note("Undeployed")
  screen.warn("the alert was not delivered")
  assert.deepStrictEqual(written, ["the alert was not delivered\n"])
})
