import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { settledMs } from "@lastgood/core/disk/unchangedFolder"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import * as Effect from "effect/Effect"
import { digestIn, marksOf } from "../src/marks.ts"

const digestOf = (file: string) => Effect.map(marksOf(file, []), (marks) => digestIn(marks, file))

describe("the digest of the configuration", () => {
  it.live("follows each write of one size, also within a tick of the kernel's clock", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryFolder(), "lastgood.yaml")
      const seen = new Set<string | null>()
      for (let round = 100; round < 200; round++) {
        writeFileSync(file, String(round))
        seen.add(yield* digestOf(file))
      }
      assert.strictEqual(seen.size, 100)
    })
  )

  it.live("follows a write of one size to a file that had not changed for a while", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryFolder(), "lastgood.yaml")
      writeFileSync(file, "root: /a")
      yield* Effect.sleep(settledMs + 100)
      const before = yield* digestOf(file)
      assert.strictEqual(yield* digestOf(file), before)
      writeFileSync(file, "root: /b")
      assert.notStrictEqual(yield* digestOf(file), before)
    })
  )
})
