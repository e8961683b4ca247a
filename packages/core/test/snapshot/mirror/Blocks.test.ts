import * as fs from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { copyBlocks } from "../../../src/snapshot/mirror/tree/Blocks.ts"
import { makeSpend } from "../../../src/snapshot/mirror/tree/Pace.ts"
import { temporaryFolder } from "../fixture.ts"

const megabyte = 1024 * 1024

/** A file of 8 MiB in the volume, and another in the tree. */
const scene = Effect.gen(function* () {
  const folder = yield* temporaryFolder()
  for (const name of ["source", "tree"]) {
    fs.mkdirSync(join(folder, name))
    fs.writeFileSync(join(folder, name, "big"), Buffer.alloc(8 * megabyte, name))
  }
  const read = (name: string) => fs.readFileSync(join(folder, name, "big"))
  const copy = (beat: () => void, spend = makeSpend(null)) =>
    copyBlocks(join(folder, "source"), join(folder, "tree"), "./big", beat, spend)
  return { copy, read, source: join(folder, "source/big") }
})

/** Verifies: LAW-11 */
describe("the copy of the blocks that differ", () => {
  it.live("gives signs of life", () =>
    Effect.gen(function* () {
      const { copy, read } = yield* scene
      let beats = 0
      const written = yield* copy(() => {
        beats += 1
      })
      assert.strictEqual(written, 8 * megabyte)
      assert.isAtLeast(beats, 8)
      assert.isTrue(read("tree").equals(read("source")))
    })
  )

  it.live("takes as long as the bandwidth asks for, also for several files at the same time", () =>
    Effect.gen(function* () {
      const [one, other] = [yield* scene, yield* scene]
      // 16 MiB, of which the last byte may be read once the others have been waited for.
      const spend = makeSpend(16 * megabyte)
      const begun = performance.now()
      yield* Effect.all([one.copy(() => undefined, spend), other.copy(() => undefined, spend)], { concurrency: 2 })
      assert.isAtLeast(performance.now() - begun, 990)
      assert.isTrue(other.read("tree").equals(other.read("source")))
    })
  )

  it.live("ends at once if it is interrupted while it waits", () =>
    Effect.gen(function* () {
      const { copy, read } = yield* scene
      // A month for each block.
      const fiber = yield* Effect.forkChild(copy(() => undefined, makeSpend(1)))
      yield* Effect.sleep("100 millis")
      yield* Fiber.interrupt(fiber)
      assert.isFalse(read("tree").equals(read("source")))
    })
  )

  it.live("writes nothing if it is interrupted while it reads: the tree may be another process's by then", () =>
    Effect.gen(function* () {
      const { copy, read } = yield* scene
      const before = read("tree")
      let interrupt = () => {}
      // The reads begin in the same turn of the event loop as the interruption, and end in a later one.
      const spend = async () => queueMicrotask(() => queueMicrotask(() => interrupt()))
      const fiber = yield* Effect.forkChild(copy(() => undefined, spend))
      interrupt = () => fiber.interruptUnsafe()
      yield* Fiber.await(fiber)
      yield* Effect.sleep("100 millis")
      assert.isTrue(read("tree").equals(before))
    })
  )

  it.live("writes only the pages that differ, and those between them", () =>
    Effect.gen(function* () {
      const { copy, read, source } = yield* scene
      yield* copy(() => undefined)
      const file = fs.openSync(source, "r+")
      // The last page of a chunk and the first one of the next; two that are near each other; one that is not; a longer end.
      const changed = [256 * 1024 - 1, 256 * 1024, megabyte, megabyte + 12_000, megabyte + 100_000, 8 * megabyte]
      for (const at of changed) fs.writeSync(file, Buffer.from("!"), 0, 1, at)
      fs.closeSync(file)
      const pages = 1 + 1 + 3 + 1
      assert.strictEqual(yield* copy(() => undefined), pages * 4096 + 1)
      assert.isTrue(read("tree").equals(read("source")))
      fs.truncateSync(source, 3 * megabyte + 5)
      yield* copy(() => undefined)
      assert.isTrue(read("tree").equals(read("source")))
    })
  )

  it.live("writes nothing more once it is interrupted", () =>
    Effect.gen(function* () {
      const { copy, read } = yield* scene
      let beats = 0
      const fiber: Fiber.Fiber<unknown, unknown> = Effect.runFork(
        copy(() => {
          beats += 1
          if (beats === 3) Effect.runFork(Fiber.interrupt(fiber))
        })
      )
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(fiber)))
      yield* Effect.sleep("200 millis")
      const [tree, source] = [read("tree"), read("source")]
      assert.isTrue(tree.subarray(0, megabyte / 4).equals(source.subarray(0, megabyte / 4)))
      assert.isFalse(tree.subarray(4 * megabyte).equals(source.subarray(4 * megabyte)))
    })
  )
})
