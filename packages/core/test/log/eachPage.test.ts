/** A log of more events than a page: by both ways to read it, each event comes once, in order. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { any, batch } from "../../../../test/conformance/EventStoreSuite.ts"
import { EventStore } from "../../src/log/EventStore.ts"
import { layer } from "../../src/log/EventStoreMemory.ts"
import { eachPage, eachPageToFold } from "../../src/log/eachPage.ts"

type Page = ReadonlyArray<{ readonly position: number }>

/** @param most positions; then no more pages are wanted. */
const collector = (most = Number.POSITIVE_INFINITY) => {
  const positions: Array<number> = []
  const use = (page: Page) =>
    Effect.sync(() => {
      for (const { position } of page) positions.push(position)
      return positions.length < most
    })
  return { positions, use }
}

const upTo = (length: number) => Array.from({ length }, (_, index) => index + 1)

for (const [name, read] of [
  ["eachPage", (use: ReturnType<typeof collector>["use"]) => eachPage(null, use)],
  ["eachPageToFold", eachPageToFold]
] as const) {
  describe(name, () => {
    for (const length of [0, 99, 100, 101, 350]) {
      it.effect(`reads ${length} events of two streams`, () =>
        Effect.gen(function* () {
          const store = yield* EventStore
          const half = Math.floor(length / 2)
          if (half > 0) yield* store.append("app/a", any, batch(half))
          if (length > 0) yield* store.append("app/b", any, batch(length - half))
          const { positions, use } = collector()
          yield* read(use)
          assert.deepStrictEqual(positions, upTo(length))
        }).pipe(Effect.provide(layer))
      )
    }

    it.effect("ends with the page after which no more are wanted", () =>
      Effect.gen(function* () {
        yield* (yield* EventStore).append("app/a", any, batch(350))
        const { positions, use } = collector(150)
        yield* read(use)
        assert.deepStrictEqual(positions, upTo(200))
      }).pipe(Effect.provide(layer))
    )
  })
}
