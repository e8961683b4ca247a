import type { BigIntStats } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { atOnce, Files } from "../../src/disk/Files.ts"
import { makeUnchangedFiles } from "../../src/disk/unchangedFile.ts"

/** A filesystem whose clock has gone on to this second when the file was last changed. */
const changedAt = (second: number) =>
  Effect.provideService(Files, {
    ...atOnce,
    exactLstatNow: () => ({ ino: 1n, size: 5n, ctimeNs: BigInt(second) * 1_000_000_000n }) as BigIntStats
  })

const fileWith = (first: string) => {
  let content = first
  const read = makeUnchangedFiles<string>(10)(
    "file",
    ["file"],
    Effect.sync(() => content)
  )
  const write = (next: string) => {
    content = next
  }
  return { read, write }
}

describe("what was read from a file", () => {
  it.effect("counts as long as the file is unchanged", () =>
    Effect.gen(function* () {
      const { read, write } = fileWith("one")
      yield* TestClock.setTime(1_000_000)
      assert.strictEqual(yield* read.pipe(changedAt(900)), "one")
      write("two")
      assert.strictEqual(yield* read.pipe(changedAt(900)), "one")
      assert.strictEqual(yield* read.pipe(changedAt(950)), "two")
    })
  )

  it.effect("does not count if the file could change again without a later time", () =>
    Effect.gen(function* () {
      const { read, write } = fileWith("one")
      yield* TestClock.setTime(1_000_500)
      assert.strictEqual(yield* read.pipe(changedAt(1000)), "one")
      write("two")
      assert.strictEqual(yield* read.pipe(changedAt(1000)), "two")
      yield* TestClock.adjust("10 seconds")
      write("three")
      assert.strictEqual(yield* read.pipe(changedAt(1000)), "three")
      // It was set back meanwhile.
      assert.strictEqual(yield* read.pipe(changedAt(2000)), "three")
      write("four")
      assert.strictEqual(yield* read.pipe(changedAt(2000)), "four")
    })
  )
})
