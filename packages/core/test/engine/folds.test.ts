/** The state of an app is folded from its last known event on, and never from another log's. */
import { assert, describe, it } from "@effect/vitest"
import { layerWebCrypto } from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import { type Event, make } from "../../src/domain/Event.ts"
import type { AppState } from "../../src/domain/State.ts"
import { Folds, makeFolds } from "../../src/engine/Folds.ts"
import { Journal } from "../../src/engine/Journal.ts"
import { together } from "../../src/engine/together.ts"
import { EventStore } from "../../src/log/EventStore.ts"
import * as EventStoreMemory from "../../src/log/EventStoreMemory.ts"

const held = (reason: string) => make("AppHeld", { reason, until: null })

/** A log that counts the events that were read from it. */
const makeLog = Effect.gen(function* () {
  const store = yield* Effect.provide(EventStore, EventStoreMemory.layer)
  const read: Array<number> = []
  const counting = EventStore.of({
    ...store,
    read: (stream, after) =>
      Effect.tap(store.read(stream, after), (events) => Effect.sync(() => read.push(events.length)))
  })
  const journal = Effect.provide(
    Journal,
    Layer.fresh(Journal.layer).pipe(Layer.provide([Layer.succeed(EventStore, counting), layerWebCrypto]))
  )
  const append = (events: ReadonlyArray<Event>) =>
    Effect.gen(function* () {
      const { append, load } = yield* journal
      let state: AppState = yield* load("notes")
      for (const event of events) state = yield* append("notes", state, null, [event])
      return state
    })
  const add = (reasons: ReadonlyArray<string>) => append(reasons.map(held))
  return { add, append, load: Effect.flatMap(journal, ({ load }) => load("notes")), read }
})

const inProcess = Effect.provideServiceEffect(Folds, Effect.sync(makeFolds))

describe("Journal", () => {
  /** Verifies: LAW-6 */
  it.effect("reads only the last known event and the later ones, also in another pass", () =>
    Effect.gen(function* () {
      const { add, load, read } = yield* makeLog
      const state = yield* add(["one", "two", "three"])
      assert.deepStrictEqual(yield* load, state)
      read.length = 0
      assert.deepStrictEqual(yield* load, state)
      assert.deepStrictEqual(read, [1])
      yield* add(["four"])
      read.length = 0
      assert.strictEqual((yield* load).held?.reason, "four")
      assert.deepStrictEqual(read, [2])
    }).pipe(inProcess)
  )

  /** Verifies: LAW-6 */
  it.effect("folds a log from its beginning that took the place of the known one", () =>
    Effect.gen(function* () {
      const [one, longer, shorter] = [yield* makeLog, yield* makeLog, yield* makeLog]
      yield* one.append([
        make("VersionQuarantined", { version: "2.0.0", commit: "c2", reason: "a", failures: 1, until: null })
      ])
      const another = yield* longer.add(["x", "y"]).pipe(inProcess)
      yield* one.load
      assert.deepStrictEqual(yield* longer.load, another)
      yield* shorter.add(["only"])
      const state = yield* shorter.load
      assert.strictEqual(state.held?.reason, "only")
      assert.strictEqual(state.version, 1)
    }).pipe(inProcess)
  )

  /** Verifies: LAW-6 */
  it.effect("folds a renamed app through its former names, and its former name anew once that goes on", () =>
    Effect.gen(function* () {
      const store = yield* Effect.provide(EventStore, EventStoreMemory.layer)
      const journal = yield* Effect.provide(
        Journal,
        Layer.fresh(Journal.layer).pipe(Layer.provide([Layer.succeed(EventStore, store), layerWebCrypto]))
      )
      const add = Effect.fnUntraced(function* (app: string, event: Event) {
        return yield* journal.append(app, yield* journal.load(app), null, [event])
      })
      const rename = Effect.fnUntraced(function* (from: string, to: string) {
        const { version } = yield* add(from, make("AppRenamed", { to, by: "cli:root" }))
        assert.deepStrictEqual((yield* journal.load(from)).renamed, { to })
        const folders = { from: `/root/${from}`, to: `/root/${to}` }
        yield* add(to, make("AppContinued", { app: to, from, version, folders }))
      })
      yield* add("one", held("a"))
      yield* rename("one", "two")
      yield* rename("two", "three")
      const state = yield* journal.load("three")
      assert.deepStrictEqual(
        { app: state.app, version: state.version, held: state.held?.reason, names: state.formerNames },
        { app: "three", version: 1, held: "a", names: ["one", "two"] }
      )
      yield* add("three", held("b"))
      const later = yield* journal.load("three")
      assert.deepStrictEqual(later, { ...state, version: 2, held: { reason: "b", until: null } })
      // As another process folds it.
      assert.deepStrictEqual(yield* journal.load("three").pipe(inProcess), later)
      const { renamed, version, ...rest } = yield* journal.load("one")
      assert.deepStrictEqual([renamed, version, rest.held], [undefined, 2, null])
      yield* add("one", held("another app"))
      assert.strictEqual((yield* journal.load("one")).held?.reason, "another app")
      assert.deepStrictEqual(yield* journal.load("three").pipe(inProcess), later)
    }).pipe(inProcess)
  )
})

const appNames = Array.from({ length: 50 }, (_, index) => `app${index}`)

/** A log of fifty apps that counts how often it is read, and of which stream. */
const makeManyApps = Effect.gen(function* () {
  const store = yield* Effect.provide(EventStore, EventStoreMemory.layer)
  const reads: Array<string> = []
  /** What has been read of a stream arrives once this is open. */
  const slow: { by: Latch.Latch | null } = { by: null }
  const counted = (what: string) => Effect.sync(() => void reads.push(what))
  const counting = EventStore.of({
    ...store,
    head: Effect.tap(store.head, counted("head")),
    readAll: (options) => Effect.tap(store.readAll(options), counted("all")),
    read: (stream, ...range) =>
      store.read(stream, ...range).pipe(Effect.tap(counted(stream)), Effect.tap(slow.by?.await ?? Effect.void))
  })
  const journal = yield* Effect.provide(
    Journal,
    Layer.fresh(Journal.layer).pipe(Layer.provide([Layer.succeed(EventStore, counting), layerWebCrypto]))
  )
  const hold = Effect.fnUntraced(function* (app: string, reason: string) {
    yield* journal.append(app, yield* journal.load(app), null, [held(reason)])
  })
  yield* Effect.forEach(appNames, (app) => hold(app, "first"))
  const reasons = Effect.forEach(appNames, (app) => Effect.map(journal.load(app), (state) => state.held?.reason), {
    concurrency: 8
  })
  return { hold, journal, reads, slow, look: together(reasons) }
})

const all = (reason: string) => appNames.map(() => reason)

describe("looks at many apps", () => {
  /** Verifies: LAW-6 */
  it.effect("read the log of no app that has no new event", () =>
    Effect.gen(function* () {
      const { hold, look, reads } = yield* makeManyApps
      yield* look
      reads.length = 0
      assert.deepStrictEqual(yield* look, all("first"))
      assert.deepStrictEqual(reads, ["head"])
      yield* hold("app7", "second")
      reads.length = 0
      assert.deepStrictEqual(yield* look, all("first").with(7, "second"))
      assert.deepStrictEqual(reads, ["head", "all", "app/app7"])
    }).pipe(inProcess)
  )

  /** Verifies: LAW-6 */
  it.effect("read each app again after more events than they ask for, and in another log", () =>
    Effect.gen(function* () {
      const one = yield* makeManyApps
      yield* one.look
      for (let round = 0; round < 600; round++) yield* one.hold("app3", `${round}`)
      assert.deepStrictEqual(yield* one.look, all("first").with(3, "599"))
      const another = yield* makeManyApps
      yield* another.hold("app1", "another")
      assert.deepStrictEqual(yield* another.look, all("first").with(1, "another"))
      assert.deepStrictEqual(yield* one.look, all("first").with(3, "599"))
    }).pipe(inProcess)
  )

  /** Verifies: LAW-6 */
  it.effect("see an event that another fold of the app had not read when it ended after them", () =>
    Effect.gen(function* () {
      const { hold, journal, look, slow } = yield* makeManyApps
      yield* look
      slow.by = Latch.makeUnsafe(false)
      const earlier = yield* Effect.forkChild(journal.load("app7"), { startImmediately: true })
      const { by } = slow
      slow.by = null
      yield* hold("app7", "second")
      assert.deepStrictEqual(yield* look, all("first").with(7, "second"))
      yield* by.open
      assert.strictEqual((yield* Fiber.join(earlier)).held?.reason, "first")
      assert.deepStrictEqual(yield* look, all("first").with(7, "second"))
    }).pipe(inProcess)
  )

  /** Verifies: LAW-6 */
  it.effect("see an event that was recorded while they were on their way, in the next look at the latest", () =>
    Effect.gen(function* () {
      const { hold, journal, look } = yield* makeManyApps
      yield* look
      const late = together(
        Effect.gen(function* () {
          yield* journal.load("app0")
          yield* hold("app1", "second")
          return (yield* journal.load("app1")).held?.reason
        })
      )
      assert.include(["first", "second"], yield* late)
      assert.deepStrictEqual(yield* look, all("first").with(1, "second"))
    }).pipe(inProcess)
  )
})
