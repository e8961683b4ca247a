import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { crc, crcWhile } from "../../src/snapshot/Checksums.ts"
import { JoinedCrc } from "../../src/snapshot/JoinedCrc.ts"
import { temporaryFolder } from "./fixture.ts"

const cksum = (input: Buffer): string => execFileSync("cksum", { input }).toString()

/** The same in every run, and without a period that could hide a part in the wrong place. */
const bytes = (length: number, seed: number): Buffer => {
  let state = seed + 1
  const next = () => {
    state = (state * 48_271) % 2_147_483_647
    return state >> 16
  }
  return Buffer.from(Array.from({ length }, next))
}

describe("JoinedCrc", () => {
  for (const sizes of [[], [0], [1], [5, 0, 300], [255, 256, 257], [70_000, 1, 65_536], [1 << 20, 3, 1 << 18]]) {
    it(`is what cksum prints for all of ${sizes.length === 0 ? "nothing" : sizes.join(" + ")} bytes`, () => {
      const parts = sizes.map(bytes)
      const joined = new JoinedCrc()
      for (const part of parts) joined.add(cksum(part))
      assert.strictEqual(`${joined} ${joined.bytes}`, cksum(Buffer.concat(parts)).trim())
    })
  }

  it("joins parts whose length does not fit into 32 bits", () => {
    const joined = new JoinedCrc()
    // Of 6 GiB of zeros and 1 byte, as cksum prints them.
    joined.add("2041723600 6442450944")
    joined.add(cksum(Buffer.from("x")))
    assert.strictEqual(`${joined} ${joined.bytes}`, "3883493057 6442450945")
  })
})

describe("crcWhile", () => {
  it.live("is the checksum of a file that grows meanwhile, also in one step at the end", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryFolder(), "file")
      fs.writeFileSync(file, "")
      const part = bytes(1 << 20, 7)
      const grow = (megabytes: number) =>
        Effect.sync(() => {
          for (let i = 0; i < megabytes; i++) fs.appendFileSync(file, part)
        })
      const writing = grow(70).pipe(
        Effect.andThen(Effect.sleep("300 millis")),
        Effect.andThen(grow(65)),
        Effect.andThen(Effect.sleep("300 millis")),
        Effect.andThen(grow(1))
      )
      const sum = yield* crcWhile(file, writing)
      assert.deepStrictEqual(sum, { bytes: 136 << 20, crc: yield* crc(file) })
    })
  )

  it.live("fails as the writing does", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryFolder(), "file")
      fs.writeFileSync(file, "")
      assert.strictEqual(yield* Effect.flip(crcWhile(file, Effect.fail("full"))), "full")
    })
  )
})
