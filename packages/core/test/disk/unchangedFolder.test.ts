import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it, vi } from "@effect/vitest"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import * as Effect from "effect/Effect"
import { makeUnchanged } from "../../src/disk/unchangedFolder.ts"

/** Reads the files of a folder, and counts how often. */
const reading = (folder: string) => {
  let reads = 0
  let nowMs = 0
  vi.spyOn(performance, "now").mockImplementation(() => nowMs)
  const read = makeUnchanged(10, (at) => {
    reads += 1
    const files = readdirSync(at).map((name) => join(at, name))
    return { files, value: files.map((file) => readFileSync(file, "utf8")) }
  })
  return {
    read: () => read(folder),
    reads: () => reads,
    later: (seconds: number) => {
      nowMs += seconds * 1000
    }
  }
}

const inFolder = (body: (folder: string) => void) =>
  temporaryFolder().pipe(
    Effect.flatMap((parent) =>
      Effect.sync(() => {
        const folder = join(parent, "run")
        mkdirSync(folder)
        writeFileSync(join(folder, "a"), "a")
        body(folder)
      })
    ),
    Effect.ensuring(Effect.sync(() => vi.restoreAllMocks())),
    Effect.scoped
  )

describe("a folder that was read", () => {
  it.live("is not read again once it has stayed the same for a while", () =>
    inFolder((folder) => {
      const { later, read, reads } = reading(folder)
      read()
      read()
      assert.strictEqual(reads(), 2, "within the resolution of a clock, a change may not show")
      later(3)
      for (let look = 0; look < 5; look++) assert.deepStrictEqual(read(), ["a"])
      assert.strictEqual(reads(), 3)
    })
  )

  it.live("is read again if a file of it was added, changed in place or removed", () =>
    inFolder((folder) => {
      const { later, read } = reading(folder)
      const settled = () => {
        read()
        later(3)
        return read()
      }
      settled()
      writeFileSync(join(folder, "b"), "b")
      assert.deepStrictEqual(
        [read(), settled()],
        [
          ["a", "b"],
          ["a", "b"]
        ]
      )
      writeFileSync(join(folder, "b"), "longer")
      assert.deepStrictEqual(
        [read(), settled()],
        [
          ["a", "longer"],
          ["a", "longer"]
        ]
      )
      rmSync(join(folder, "a"))
      assert.deepStrictEqual([read(), settled()], [["longer"], ["longer"]])
      rmSync(folder, { recursive: true })
      assert.throws(read, /ENOENT/)
    })
  )
})
