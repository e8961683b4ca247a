import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { TestClock } from "effect/testing"
import { giveMemoryBack, Heap } from "../src/heap.ts"

const mebibytes = 1024 * 1024

/** A heap of which 40 MiB are in use. */
const makeHeap = () => {
  const heap = { bytes: 0, collections: 0 }
  const service: Heap = {
    used: () => heap.bytes,
    collect: () => {
      heap.collections += 1
      heap.bytes = 40 * mebibytes
    }
  }
  return { heap, service }
}

describe("giveMemoryBack", () => {
  it.effect("collects the garbage of the first passes, and nothing again until there is as much", () =>
    Effect.gen(function* () {
      const { heap, service } = makeHeap()
      yield* giveMemoryBack(() => false).pipe(Effect.provideService(Heap, service), Effect.forkScoped)
      heap.bytes = 300 * mebibytes
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(heap.collections, 1)
      heap.bytes = 60 * mebibytes
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(heap.collections, 1)
      heap.bytes = 100 * mebibytes
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(heap.collections, 2)
    })
  )

  it.effect("waits until no attempt is in flight", () =>
    Effect.gen(function* () {
      const { heap, service } = makeHeap()
      let isBusy = true
      yield* giveMemoryBack(() => isBusy).pipe(Effect.provideService(Heap, service), Effect.forkScoped)
      heap.bytes = 300 * mebibytes
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual(heap.collections, 0)
      isBusy = false
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(heap.collections, 1)
    })
  )

  it.live("gives memory back for real", () =>
    Effect.gen(function* () {
      const { collect, used } = yield* Heap
      let garbage: Array<unknown> | null = Array.from({ length: 1_000_000 }, (_, index) => ({ index }))
      const before = used()
      assert.strictEqual(garbage.length, 1_000_000)
      garbage = null
      collect()
      assert.isBelow(used(), before - 16 * mebibytes)
    })
  )
})
