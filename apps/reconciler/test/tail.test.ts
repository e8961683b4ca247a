/** Streams of the log share one poll, and each gets every position once. */
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { make } from "@lastgood/core/domain/Event"
import { encodeEvent } from "@lastgood/core/log/Codec"
import { EventStore } from "@lastgood/core/log/EventStore"
import * as EventStoreSqlite from "@lastgood/core/log/EventStoreSqlite"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { makeTail } from "../src/http/Tail.ts"

const event = (id: number) => ({
  ...{ id: `id-${id}`, at: "2026-01-01T00:00:00.000Z", actor: "test", attempt: null },
  ...encodeEvent(make("AppReleased", {}))
})

const positions = (from: number) => Array.from({ length: 603 - from }, (_, i) => from + 1 + i)

describe("the tail of the log", () => {
  it.live("gives each stream every position after its own once, also those that come while it reads", () =>
    Effect.gen(function* () {
      const root = yield* temporaryFolder()
      const built = yield* Layer.build(EventStoreSqlite.layer({ path: join(root, "events.db") }))
      const store = Context.get(built, EventStore)
      const add = (id: number, ...more: ReadonlyArray<number>) =>
        store.append("app/demo", { _tag: "Any" }, [event(id), ...more.map(event)])
      // More than a page.
      yield* add(1, ...positions(0).slice(1, 600))
      const after = yield* makeTail(root)
      const read = (first: number, last: number) =>
        after(first).pipe(
          Stream.map(({ position }) => position),
          Stream.takeUntil((position) => position === last),
          Stream.runCollect,
          Effect.forkChild
        )
      const streams = [yield* read(0, 603), yield* read(590, 603), yield* read(600, 603)]
      for (let id = 601; id <= 603; id++) yield* Effect.andThen(Effect.sleep("300 millis"), add(id))
      assert.deepStrictEqual(yield* Effect.forEach(streams, Fiber.join), [positions(0), positions(590), positions(600)])
    })
  )
})
