/** What a refresh beside the app may cost it. A lower bound of its duration holds on any host. */
import * as fs from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { describeTree } from "../../../../../test/conformance/SnapshotTree.ts"
import { paceAt, runAt } from "../../../src/snapshot/mirror/tree/Mode.ts"
import { Pace, pausesOf } from "../../../src/snapshot/mirror/tree/Pace.ts"
import { temporaryFolder } from "../fixture.ts"
import { mirrorIn } from "./mirror.ts"

const megabyte = 1_000_000
const bounded: Pace = { bandwidth: 2 * megabyte, ioIdle: true }

const secondsOf = <A, E>(work: Effect.Effect<A, E>) =>
  Effect.gen(function* () {
    const begun = performance.now()
    yield* Effect.provideService(work, Pace, bounded)
    return (performance.now() - begun) / 1000
  })

/** A refresh syncs a disk that other programs write to, too. */
const patience = { timeout: 300_000 }

describe("the bandwidth of a refresh beside the app", () => {
  it.live(
    "bounds the copy by tar, and then that of a large file by blocks",
    () =>
      Effect.gen(function* () {
        const mirror = mirrorIn(yield* temporaryFolder())
        const write = (name: string, bytes: number, content: string) =>
          fs.writeFileSync(join(mirror.volume, name), Buffer.alloc(bytes, content))
        for (const name of ["a", "b", "c"]) write(name, megabyte, name)
        write("large", 6 * megabyte, "one")
        // tar pauses after each part of 2 MB.
        assert.isAtLeast(yield* secondsOf(mirror.refresh("beside")), 4)
        write("large", 6 * megabyte, "two")
        // The last 1 MiB is read without a wait after it.
        assert.isAtLeast(yield* secondsOf(mirror.refresh("beside")), 2.4)
        assert.deepStrictEqual(describeTree(mirror.tree), describeTree(mirror.volume))
      }),
    patience
  )

  it.effect("is not that of the quiet window, for which the app waits", () =>
    Effect.gen(function* () {
      const of = (mode: "beside" | "quiet") => Effect.provideService(paceAt(mode), Pace, bounded)
      assert.deepStrictEqual(yield* of("beside"), bounded)
      assert.isNull((yield* of("quiet")).bandwidth)
    })
  )

  it.live("goes with the priority that the settings ask for", () =>
    Effect.gen(function* () {
      // Without arguments, ionice prints its own class.
      const classOf = (pace: Pace) =>
        Effect.map(Effect.provideService(runAt("beside", "ionice", []), Pace, pace), ({ stdout }) => stdout.trim())
      assert.strictEqual(yield* classOf(bounded), "idle")
      assert.strictEqual(yield* classOf({ ...bounded, ioIdle: false }), "best-effort: prio 7")
    })
  )

  it("adds nothing to the copy if there is none", () => {
    assert.deepStrictEqual(pausesOf(null, 1000), [])
  })

  it.each([
    [20_000_000, 100_000, 200, 1],
    [1_000_000, 300_000, 3, 1],
    [1_000_000, 2_500_000, 1, 3],
    [562_950e9, 128 * 1024, 2 ** 31, 1]
  ])("of %d bytes lets tar pause with records of %d bytes", (bandwidth, recordBytes, records, seconds) => {
    assert.deepStrictEqual(pausesOf(bandwidth, recordBytes), [
      `--checkpoint=${records}`,
      `--checkpoint-action=sleep=${seconds}`
    ])
  })
})
