import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { intoFolder } from "../../src/snapshot/IntoFolder.ts"
import { temporaryFolder } from "./fixture.ts"

const holding = (name: string) => (at: string) => Effect.sync(() => writeFileSync(join(at, name), "content"))

describe("a folder of the operator for files of a snapshot", () => {
  it.live("has a folder for each volume, also for a data folder that is called by its path", () =>
    Effect.gen(function* () {
      const into = join(yield* temporaryFolder(), "out")
      const { fill } = yield* intoFolder(into)
      yield* fill("data", holding("a"))
      yield* fill("/srv/wiki", holding("b"))
      yield* fill("/srv/files", holding("c"))
      assert.isTrue(["data/a", "srv/wiki/b", "srv/files/c"].every((path) => existsSync(join(into, path))))
    }).pipe(Effect.scoped)
  )

  /** Verifies: LAW-11 */
  it.live("has no set-group-ID bit to pass on, whatever the folder around it has", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder()
      chmodSync(folder, 0o2700)
      const { fill } = yield* intoFolder(join(folder, "out"))
      yield* fill("/srv/wiki", (at) => Effect.sync(() => assert.strictEqual(statSync(at).mode & 0o7777, 0o700)))
    }).pipe(Effect.scoped)
  )

  /** Verifies: LAW-13 */
  it.live("is not left through a link that the first of two archives put on the path of the second", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder()
      const outside = join(folder, "outside")
      mkdirSync(outside)
      const { fill } = yield* intoFolder(join(folder, "out"))
      yield* fill("/srv", (at) => Effect.sync(() => symlinkSync(outside, join(at, "link"))))
      const error = yield* Effect.flip(fill("/srv/link/deep", holding("a")))
      assert.strictEqual(error._tag, "IoFailed")
      assert.deepStrictEqual(readdirSync(outside), [])
    }).pipe(Effect.scoped)
  )
})
