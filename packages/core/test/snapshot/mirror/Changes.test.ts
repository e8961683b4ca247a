/** What differs between two lists of a folder, and how much of it is kept in memory. */
import * as fs from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { changesBetween } from "../../../src/snapshot/mirror/tree/Changes.ts"
import { temporaryFolder } from "../fixture.ts"

const listOf = (file: string, entries: number) => {
  const lines = Array.from({ length: entries }, (_, i) => `=f 644 0:0 1 0.0000000000 0.0000000000 1 1 \0./${i}\0\n`)
  fs.writeFileSync(file, lines.join(""))
  return { file, size: fs.statSync(file).size }
}

describe("the changes of a part", { timeout: 120_000 }, () => {
  it.live("leave at most a million entries for later; if there are more, everything is one part", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryFolder(), "list")
      const some = yield* changesBetween(null, listOf(file, 900_000), 1 << 30)
      assert.strictEqual((some?.now.size ?? 0) + (some?.later.entries ?? 0), 900_000)
      assert.isNull(yield* changesBetween(null, listOf(file, 1_050_000), 1 << 30))
    })
  )
})
