/**
 * What every event store promises, whatever holds its events. Run for each adapter by `EventStore<Adapter>.test.ts`.
 *
 * Verifies: LAW-6
 */
import { randomUUID } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import type { Envelope, EventStore, Expected, NewEvent, StoreUnavailable } from "@lastgood/core/log/EventStore"
import { make as makeMemory } from "@lastgood/core/log/EventStoreMemory"
import { genesis, type StoredEvent } from "@lastgood/core/log/HashChain"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"

type Store = typeof EventStore.Service

/** One empty log, and what a suite needs to look at it from several sides. */
export interface Subject {
  /** Opens the log, as one more process would. */
  readonly open: Effect.Effect<Store, StoreUnavailable, Scope.Scope>
  /** Changes what is stored behind the store's back. */
  readonly rewrite: (change: (events: ReadonlyArray<StoredEvent>) => ReadonlyArray<StoredEvent>) => Effect.Effect<void>
}

type Batch = readonly [NewEvent, ...Array<NewEvent>]

export const any: Expected = { _tag: "Any" }
export const noStream: Expected = { _tag: "NoStream" }
export const streamExists: Expected = { _tag: "StreamExists" }
export const exactly = (version: number): Expected => ({ _tag: "Exactly", version })

export const newEvent = (data: unknown = { step: "prefetch" }, id: string = randomUUID()): NewEvent => ({
  id,
  type: "StepDone",
  v: 1,
  at: "2026-11-22T03:00:00.000Z",
  actor: "cli:root",
  attempt: "0193a0c4-7a2e-7cc1-9f6e-0c5b8d1f2a10",
  data
})

export const batch = (size: number): Batch => [newEvent(), ...Array.from({ length: size - 1 }, () => newEvent())]

const positions = (events: ReadonlyArray<Envelope>) => events.map((event) => event.position)
const versions = (events: ReadonlyArray<Envelope>) => events.map((event) => event.version)
const oneTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1)

/** Replaces the event at a position, as it is stored. */
const edit = (position: number, change: (event: StoredEvent) => StoredEvent) => (events: ReadonlyArray<StoredEvent>) =>
  events.map((event) => (event.position === position ? change(event) : event))

const renumber = (events: ReadonlyArray<StoredEvent>) =>
  events.map((event, index) => ({ ...event, position: index + 1, version: index + 1 }))

export const suite = (name: string, subject: Effect.Effect<Subject, never, Scope.Scope>): void => {
  const withStore =
    <A, E>(use: (store: Store, subject: Subject) => Effect.Effect<A, E, Scope.Scope>) =>
    () =>
      Effect.gen(function* () {
        const opened = yield* subject
        return yield* use(yield* opened.open, opened)
      })

  describe(`EventStore (${name})`, () => {
    describe("append", () => {
      const outcomes: ReadonlyArray<[string, Expected, number, boolean]> = [
        ["Any to no stream", any, 0, true],
        ["Any to a stream", any, 2, true],
        ["NoStream to no stream", noStream, 0, true],
        ["NoStream to a stream", noStream, 2, false],
        ["StreamExists to no stream", streamExists, 0, false],
        ["StreamExists to a stream", streamExists, 2, true],
        ["Exactly(0) to no stream", exactly(0), 0, true],
        ["Exactly(0) to a stream", exactly(0), 2, false],
        ["Exactly(2) to a stream at 2", exactly(2), 2, true],
        ["Exactly(1) to a stream at 2", exactly(1), 2, false],
        ["Exactly(3) to a stream at 2", exactly(3), 2, false]
      ]
      for (const [what, expected, existing, passes] of outcomes) {
        it.live(
          passes ? `writes ${what}` : `refuses ${what}, says the actual version and writes nothing`,
          withStore((store) =>
            Effect.gen(function* () {
              yield* store.append("app/other", any, batch(1))
              if (existing > 0) yield* store.append("app/a", any, batch(existing))
              const before = yield* store.readAll()
              const result = yield* Effect.result(store.append("app/a", expected, batch(2)))
              const after = yield* store.readAll()
              if (Result.isSuccess(result)) {
                assert.isTrue(passes)
                assert.isFalse(result.success.duplicate)
                assert.deepStrictEqual(versions(result.success.events), [existing + 1, existing + 2])
                assert.deepStrictEqual(after, [...before, ...result.success.events])
              } else {
                assert.isFalse(passes)
                assert(result.failure._tag === "VersionConflict")
                assert.strictEqual(result.failure.actual, existing)
                assert.deepStrictEqual(after, before)
              }
            })
          )
        )
      }

      it.live(
        "numbers versions per stream and positions per log without a gap, also after a conflict",
        withStore((store) =>
          Effect.gen(function* () {
            yield* store.append("app/a", any, batch(2))
            yield* store.append("app/b", any, batch(1))
            yield* Effect.flip(store.append("app/a", exactly(7), batch(3)))
            yield* store.append("app/a", exactly(2), batch(2))
            assert.deepStrictEqual(positions(yield* store.readAll()), oneTo(5))
            assert.deepStrictEqual(versions(yield* store.read("app/a")), oneTo(4))
            assert.deepStrictEqual(versions(yield* store.read("app/b")), [1])
            assert.deepStrictEqual(yield* store.streams, ["app/a", "app/b"])
          })
        )
      )

      it.live(
        "writes all of a batch or none of it",
        withStore((store) =>
          Effect.gen(function* () {
            const bad = Number.NaN
            const exit = yield* Effect.exit(store.append("app/a", any, [newEvent(), newEvent(), newEvent({ bad })]))
            assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
            assert.deepStrictEqual(yield* store.readAll(), [])
            const { events } = yield* store.append("app/a", noStream, batch(3))
            assert.deepStrictEqual(positions(events), oneTo(3))
          })
        )
      )
    })

    describe("an event id", () => {
      it.live(
        "that is appended again returns the original event, whatever version is expected",
        withStore((store) =>
          Effect.gen(function* () {
            const events = batch(2)
            const first = yield* store.append("app/a", noStream, events)
            yield* store.append("app/a", any, batch(1))
            const again = yield* store.append("app/a", noStream, events)
            assert.deepStrictEqual(again, { events: first.events, duplicate: true })
            assert.deepStrictEqual(positions(yield* store.readAll()), oneTo(3))
          })
        )
      )

      const twin = newEvent()
      const other = newEvent()
      const misuses: ReadonlyArray<[string, string, Batch]> = [
        ["twice in one batch", "app/a", [other, other]],
        ["in a batch with new ones", "app/a", [twin, newEvent()]],
        ["in another stream", "app/b", [twin]]
      ]
      for (const [what, stream, events] of misuses) {
        it.live(
          `that already exists is a defect ${what}, and nothing is written`,
          withStore((store) =>
            Effect.gen(function* () {
              yield* store.append("app/a", any, [twin])
              const exit = yield* Effect.exit(store.append(stream, any, events))
              assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
              assert.deepStrictEqual(positions(yield* store.readAll()), [1])
            })
          )
        )
      }
    })

    describe("read", () => {
      it.live(
        "finds nothing in an empty log",
        withStore((store) =>
          Effect.gen(function* () {
            assert.deepStrictEqual(yield* store.read("app/a"), [])
            assert.deepStrictEqual(yield* store.readAll(), [])
            assert.deepStrictEqual(yield* store.streams, [])
            assert.deepStrictEqual(yield* store.head, { position: 0, hash: genesis })
            assert.deepStrictEqual(yield* store.verify(), { head: { position: 0, hash: genesis }, problems: [] })
          })
        )
      )

      it.live(
        "begins after the given version or position, and resumes at any cut",
        withStore((store) =>
          Effect.gen(function* () {
            yield* store.append("app/a", any, batch(4))
            yield* store.append("app/b", any, batch(3))
            const all = yield* store.readAll()
            const stream = yield* store.read("app/a")
            for (let cut = 0; cut <= all.length; cut++) {
              const head = cut === 0 ? [] : yield* store.readAll({ limit: cut })
              assert.deepStrictEqual([...head, ...(yield* store.readAll({ after: cut }))], all)
              assert.deepStrictEqual(yield* store.read("app/a", cut), stream.slice(cut))
              assert.deepStrictEqual(yield* store.read("app/a", cut, 2), stream.slice(cut, cut + 2))
            }
            assert.deepStrictEqual(positions(yield* store.readAll({ after: 2, limit: 3 })), [3, 4, 5])
          })
        )
      )

      it.live(
        "reads for a fold what it reads otherwise",
        withStore((store) =>
          Effect.gen(function* () {
            assert.deepStrictEqual(yield* store.readToFold(0, 10), [])
            yield* store.append("app/a", any, batch(4))
            yield* store.append("app/b", any, [{ ...newEvent({ b: [null, "ż"] }), attempt: null }])
            const all = yield* store.readAll()
            const toFold = all.map(({ actor: _, hash: _1, id: _2, prev: _3, ...rest }) => rest)
            assert.deepStrictEqual(yield* store.readToFold(0, 10), toFold)
            assert.deepStrictEqual(yield* store.readToFold(2, 2), toFold.slice(2, 4))
          })
        )
      )

      const texts = {
        "any Unicode": '{"s":"żółć 🦊 \\u0000 \\ud800 \\u2028 \\" \\\\ \u2028"}',
        "the order of keys": '{"10":1,"z":1,"a":{"y":[],"b":{}},"__proto__":{"x":null}}',
        numbers: "[0,-1,0.1,1e-7,1e+21,9007199254740991,1.7976931348623157e+308]",
        "what is no object": '"text"',
        "a megabyte": JSON.stringify("x🦊".repeat(200_000))
      }
      for (const [what, text] of Object.entries(texts)) {
        it.live(
          `returns data byte for byte: ${what}`,
          withStore((store, subject) =>
            Effect.gen(function* () {
              const data: unknown = JSON.parse(text)
              const written = JSON.stringify(data)
              const event = { ...newEvent(data), type: "FromTheFuture", v: 7, actor: "cli:żółw 🦊", attempt: null }
              const { events } = yield* store.append("app/🦊", any, [event])
              const seen = yield* (yield* subject.open).read("app/🦊")
              assert.deepStrictEqual(seen, events)
              assert.strictEqual(JSON.stringify(seen[0]?.data), written)
              assert.deepInclude(seen[0], { type: "FromTheFuture", v: 7, actor: "cli:żółw 🦊", attempt: null })
              assert.deepStrictEqual((yield* store.verify()).problems, [])
            })
          )
        )
      }
    })

    describe("tail", () => {
      it.live(
        "catches up and then follows, with each position once and in order",
        withStore((store) =>
          Effect.gen(function* () {
            yield* store.append("app/a", any, batch(3))
            const tail = yield* store
              .tail(1)
              .pipe(Stream.take(5), Stream.runCollect, Effect.forkScoped({ startImmediately: true }))
            yield* store.append("app/b", any, batch(1))
            yield* Effect.sleep("50 millis")
            yield* store.append("app/a", any, batch(2))
            assert.deepStrictEqual(positions(yield* Fiber.join(tail)), [2, 3, 4, 5, 6])
          })
        )
      )

      it.live(
        "misses no event of four writers with conflicts",
        withStore((store, subject) =>
          Effect.gen(function* () {
            const tail = yield* store
              .tail(0)
              .pipe(Stream.take(200), Stream.runCollect, Effect.forkScoped({ startImmediately: true }))
            const writer = (n: number) =>
              Effect.gen(function* () {
                const own = yield* subject.open
                for (let i = 0; i < 25; i++) {
                  yield* own.append(`app/${n}`, exactly(2 * i), batch(2))
                  yield* Effect.flip(own.append(`app/${n}`, exactly(2 * i), batch(2)))
                  yield* Effect.yieldNow
                }
              })
            yield* Effect.all([1, 2, 3, 4].map(writer), { concurrency: "unbounded", discard: true })
            const seen = yield* Fiber.join(tail)
            assert.deepStrictEqual(positions(seen), oneTo(200))
            assert.deepStrictEqual(seen, yield* store.readAll())
          })
        )
      )
    })

    describe("verify", () => {
      const damages: ReadonlyArray<
        [string, RegExp, (events: ReadonlyArray<StoredEvent>) => ReadonlyArray<StoredEvent>]
      > = [
        ["edited data", /position 3 was changed/, edit(3, (e) => ({ ...e, text: '{"step":"deploy"}' }))],
        ["an edited actor", /position 3 was changed/, edit(3, (e) => ({ ...e, actor: "nobody" }))],
        ["an edited time", /position 3 was changed/, edit(3, (e) => ({ ...e, at: "2020-01-01T00:00:00.000Z" }))],
        ["an attempt taken away", /position 3 was changed/, edit(3, (e) => ({ ...e, attempt: null }))],
        ["a removed event", /position 3 is missing/, (events) => events.filter((e) => e.position !== 3)],
        ["a removed first event", /position 1 is missing/, (events) => events.slice(1)],
        [
          "a removed event, others moved up",
          /position 3 does not follow/,
          (events) => renumber(events.filter((e) => e.position !== 3))
        ],
        [
          "an inserted event",
          /position 3 does not follow/,
          (events) =>
            renumber(events.flatMap((e) => (e.position === 3 ? [{ ...e, id: "inserted", prev: genesis }, e] : [e])))
        ],
        [
          "events in another order",
          /position 2 does not follow/,
          (events) => {
            const [a, b, c, ...rest] = events
            return a === undefined || b === undefined || c === undefined ? [] : renumber([a, c, b, ...rest])
          }
        ]
      ]
      for (const [what, problem, change] of damages) {
        it.live(
          `detects ${what}`,
          withStore((store, subject) =>
            Effect.gen(function* () {
              yield* store.append("app/a", any, batch(5))
              assert.deepStrictEqual((yield* store.verify()).problems, [])
              yield* subject.rewrite(change)
              assert.match((yield* store.verify()).problems.join("\n"), problem)
            })
          )
        )
      }

      it.live(
        "detects a log that was cut, with an expected head",
        withStore((store, subject) =>
          Effect.gen(function* () {
            yield* store.append("app/a", any, batch(5))
            const head = yield* store.head
            assert.deepStrictEqual(yield* store.verify(head), { head, problems: [] })
            yield* subject.rewrite((events) => events.slice(0, 3))
            assert.deepStrictEqual((yield* store.verify()).problems, [])
            assert.match(
              (yield* store.verify(head)).problems.join("\n"),
              /truncated: it ends at position 3, the noted head is at position 5/
            )
          })
        )
      )

      it.live(
        "detects a rewritten log, with an expected head",
        withStore((store, subject) =>
          Effect.gen(function* () {
            yield* store.append("app/a", any, batch(2))
            const head = yield* store.head
            yield* subject.rewrite(() => [])
            yield* store.append("app/a", any, batch(3))
            assert.deepStrictEqual((yield* store.verify()).problems, [])
            assert.match((yield* store.verify(head)).problems.join("\n"), /rewritten/)
          })
        )
      )

      it.live(
        "finds an older head in a log that has grown",
        withStore((store) =>
          Effect.gen(function* () {
            yield* store.append("app/a", any, batch(2))
            const head = yield* store.head
            yield* store.append("app/a", any, batch(3))
            assert.deepStrictEqual((yield* store.verify(head)).problems, [])
            assert.strictEqual((yield* store.verify()).head.position, 5)
          })
        )
      )
    })

    const Command = Schema.Struct({
      stream: Schema.Literals(["app/a", "app/b"]),
      expected: Schema.Union([
        Schema.TaggedStruct("Any", {}),
        Schema.TaggedStruct("NoStream", {}),
        Schema.TaggedStruct("StreamExists", {}),
        Schema.TaggedStruct("Exactly", { version: Schema.Literals([0, 1, 2, 3, 4]) })
      ]),
      size: Schema.Literals([1, 2, 3]),
      /** Appends the batch before once more. */
      again: Schema.Literals([false, false, true])
    })

    it.live.prop(
      "answers any sequence of appends like the model in memory",
      { commands: Schema.Array(Command) },
      ({ commands }) =>
        Effect.gen(function* () {
          const store = yield* (yield* subject).open
          const model = makeMemory(yield* SubscriptionRef.make<ReadonlyArray<StoredEvent>>([]))
          let last: { readonly stream: string; readonly events: Batch } | null = null
          for (const { stream, expected, size, again } of commands) {
            const request: { readonly stream: string; readonly events: Batch } =
              again && last !== null ? last : { stream, events: batch(size) }
            last = request
            const [ours, theirs] = yield* Effect.all([
              Effect.result(store.append(request.stream, expected, request.events)),
              Effect.result(model.append(request.stream, expected, request.events))
            ])
            assert.deepStrictEqual(ours, theirs)
          }
          assert.deepStrictEqual(yield* store.readAll(), yield* model.readAll())
          assert.deepStrictEqual(yield* store.verify(), yield* model.verify())
        }).pipe(Effect.scoped),
      { arbitrary: { runs: 25 } }
    )
  })
}
