import { assert, describe, it } from "@effect/vitest"
import { make } from "@lastgood/core/domain/Event"
import { initialStateOf } from "@lastgood/core/domain/State"
import { iso } from "@lastgood/core/domain/time"
import { Engine } from "@lastgood/core/engine/Engine"
import { streamOf } from "@lastgood/core/engine/Journal"
import { encodeEvent } from "@lastgood/core/log/Codec"
import { EventStore, type NewEvent } from "@lastgood/core/log/EventStore"
import * as EventStoreMemory from "@lastgood/core/log/EventStoreMemory"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { lastDigest, recordDigest } from "../src/digest.ts"
import { hostApp, namedApp } from "../src/namedApp.ts"

const host = hostApp("/nowhere")

const eventAt = (version: number): NewEvent => ({
  id: `0193a0c4-7a2e-7cc1-9f6e-${String(version).padStart(12, "0")}`,
  ...{ at: iso(version * 1000), actor: "test", attempt: null },
  ...encodeEvent(
    version === 700 || version === 1200
      ? make("AlertRaised", {
          ...{ alert: String(version), subject: "digest", outcome: "digest", attempted: null, lastGood: null },
          ...{ recovered: true, why: "Nothing happened", next: "" }
        })
      : make("SinkRecovered", { sink: "chat" })
  )
})

/** A log of the host with two digests, an engine that knows its length, and how many events were read. */
const makeLog = Effect.fnUntraced(function* (length: number) {
  const { append, ...store } = yield* EventStore
  yield* append(streamOf(host.name), { _tag: "Any" }, [
    eventAt(1),
    ...Array.from({ length: length - 1 }, (_, i) => eventAt(i + 2))
  ])
  let read = 0
  const counting = EventStore.of({
    ...{ ...store, append },
    read: (...asked) =>
      Effect.tap(store.read(...asked), (events) =>
        Effect.sync(() => {
          read += events.length
        })
      )
  })
  const engine = Layer.mock(Engine)({ state: () => Effect.succeed({ ...initialStateOf(host.name), version: length }) })
  const last = lastDigest(host).pipe(Effect.provideService(EventStore, counting), Effect.provide(engine))
  return { last: yield* last, read }
})

describe("the last digest", () => {
  it.effect("is found from the end of the host's log, without reading all of it", () =>
    Effect.gen(function* () {
      const { last, read } = yield* makeLog(3000)
      assert.strictEqual(last?.version, 1200)
      assert.strictEqual(read, 2000)
    }).pipe(Effect.provide(EventStoreMemory.layer))
  )

  it.effect("is found where pages meet, and there is none before the first", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* makeLog(1200)).last?.version, 1200)
    }).pipe(Effect.provide(EventStoreMemory.layer))
  )

  it.effect("is none in a log without one", () =>
    Effect.gen(function* () {
      const { last, read } = yield* makeLog(699)
      assert.deepStrictEqual([last, read], [null, 699])
    }).pipe(Effect.provide(EventStoreMemory.layer))
  )
})

describe("a digest", () => {
  it.effect("tells what happened to a renamed app under its former name", () =>
    Effect.gen(function* () {
      const { append } = yield* EventStore
      const event = (id: number, held: string): NewEvent => ({
        ...eventAt(id),
        ...encodeEvent(make("AppHeld", { reason: held, until: null }))
      })
      yield* append(streamOf("demo"), { _tag: "Any" }, [event(1, "audit")])
      yield* append(streamOf("shop"), { _tag: "Any" }, [event(2, "visitors")])
      const texts: Array<string> = []
      const engine = Layer.mock(Engine)({
        state: ({ name }) =>
          Effect.succeed({ ...initialStateOf(name), ...(name === "shop" ? { formerNames: ["demo"] } : {}) }),
        note: (_, noted) => Effect.sync(() => texts.push(noted._tag === "Digest" ? noted.text : "") > 0)
      })
      const record = (names: ReadonlyArray<string>) =>
        recordDigest(
          names.map((name) => namedApp("/nowhere", name)),
          host,
          10_000
        ).pipe(Effect.provide(engine))
      yield* record(["shop"])
      yield* record(["shop", "demo"])
      assert.match(texts[0] ?? "", /\nshop: held: audit\nshop: held: visitors$/)
      assert.match(texts[1] ?? "", /\nshop: held: visitors\ndemo: held: audit$/)
    }).pipe(Effect.provide(EventStoreMemory.layer))
  )
})
