import { existsSync } from "node:fs"
import { mkdir, mkdtemp, rm, utimes } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { scratchFolder } from "@lastgood/core/disk/Scratch"
import * as Effect from "effect/Effect"

/** More than any kernel gives. */
const deadPid = 2 ** 30

/** A scratch folder as a lastgood with this pid would have left it. */
const leftBy = (pid: number, hoursAgo: number) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const path = await mkdtemp(join(tmpdir(), `lastgood-scratch-${pid}-`))
      await mkdir(join(path, "inside"))
      const then = new Date(Date.now() - hoursAgo * 3_600_000)
      await utimes(path, then, then)
      return path
    }),
    (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
  )

describe("a scratch folder", () => {
  it.effect("is removed with its scope", () =>
    Effect.gen(function* () {
      const path = yield* Effect.scoped(
        Effect.tap(scratchFolder, (folder) => Effect.sync(() => assert.isTrue(existsSync(folder))))
      )
      assert.isFalse(existsSync(path))
    })
  )

  it.live("of a killed lastgood is removed by a later one, unless it is recent or in use", () =>
    Effect.gen(function* () {
      const [old, young, living] = [yield* leftBy(deadPid, 2), yield* leftBy(deadPid, 0), yield* leftBy(process.pid, 2)]
      yield* Effect.scoped(scratchFolder)
      assert.deepStrictEqual([old, young, living].map(existsSync), [false, true, true])
    })
  )
})
