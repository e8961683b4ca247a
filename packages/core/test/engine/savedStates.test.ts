/** A saved state is only ever what folding the log from its beginning gives, or it is not used. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import { layerWebCrypto } from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as HashMap from "effect/HashMap"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { alertsOf } from "../../src/domain/alerts.ts"
import { type Event, make } from "../../src/domain/Event.ts"
import { evolve, fold, type Recorded } from "../../src/domain/evolve.ts"
import { type AppState, initialStateOf } from "../../src/domain/State.ts"
import { Folds, makeFolds } from "../../src/engine/Folds.ts"
import { Journal, recordedResult } from "../../src/engine/Journal.ts"
import { makeSavedStates, SavedStates } from "../../src/engine/SavedStates.ts"
import { decode, encode } from "../../src/engine/savedState.ts"
import { EventStore } from "../../src/log/EventStore.ts"
import * as EventStoreMemory from "../../src/log/EventStoreMemory.ts"
import { parseEvent } from "../../src/log/ExportFormat.ts"
import { genesis, toEnvelope } from "../../src/log/HashChain.ts"

const repository = join(import.meta.dirname, "../../../..")
const filesIn = (folder: string, ending: string) =>
  readdirSync(join(repository, folder))
    .filter((name) => name.endsWith(ending))
    .map((name) => readFileSync(join(repository, folder, name), "utf8"))

const histories = filesIn("test/histories", ".jsonl").map((text) =>
  text
    .trimEnd()
    .split("\n")
    .slice(1)
    .map((line) => Result.getOrThrow(recordedResult(toEnvelope(Result.getOrThrow(parseEvent(line))))))
)

/** An event of every type and version, as a log has it. */
const fixtures = filesIn("test/fixtures/events", ".json").flatMap((text): ReadonlyArray<Recorded> => {
  const { data, type, v } = JSON.parse(text)
  if (data === undefined) return []
  const place = { id: "1", stream: "app/web", version: 1, position: 1, prev: genesis, hash: genesis }
  const envelope = { ...place, type, v, data, at: "2026-11-22T03:00:00.000Z", actor: "cli:root", attempt: "a" }
  return [Result.getOrThrow(recordedResult(envelope))]
})

const place = { definition: "0123", stream: "app/web" }

/** HashMaps with the same content can differ inside. */
const plain = (state: AppState) => ({ ...state, alerts: alertsOf(state) })

const throughFile = (state: AppState): AppState => {
  const hash = "a".repeat(64)
  const decoded = decode(place, encode(place, { hash, state }))
  assert.deepStrictEqual(decoded?.hash, hash)
  const read = decoded?.state ?? initialStateOf("lost")
  assert.deepStrictEqual(plain(read), plain(state))
  assert.isTrue(HashMap.isHashMap(read.alerts))
  return read
}

/** Saves the state after every event, and goes on with what was read back. */
const assertSame = (recorded: ReadonlyArray<Recorded>) => {
  let resumed = initialStateOf("web")
  for (const one of recorded) resumed = throughFile(evolve(resumed, one))
  assert.deepStrictEqual(plain(resumed), plain(fold(recorded, initialStateOf("web"))))
}

/** Verifies: LAW-6 */
describe("a saved state", () => {
  it("is what folding the golden histories from their beginning gives, after every event", () => {
    for (const recorded of histories) assertSame(recorded)
    assert.isAbove(histories.length, 8)
  })

  it.effect.prop(
    "is what folding any events from their beginning gives",
    [Schema.Array(Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: fixtures.length - 1 }))))],
    ([picks]) =>
      Effect.sync(() =>
        assertSame(
          picks.flatMap((pick, index) => fixtures.slice(pick, pick + 1).map((one) => ({ ...one, version: index + 1 })))
        )
      )
  )

  it("is not read if a byte is missing or changed, or if it is of another stream or other code", () => {
    const state = fold(histories[0] ?? [], initialStateOf("web"))
    const text = encode(place, { hash: "b".repeat(64), state })
    assert.isNotNull(decode(place, text))
    assert.isNull(decode({ ...place, stream: "app/wiki" }, text))
    assert.isNull(decode({ ...place, definition: "4567" }, text))
    for (let at = 0; at < text.length; at++) {
      assert.isNull(decode(place, text.slice(0, at)), `cut at ${at}`)
      const other = text[at] === "0" ? "1" : "0"
      assert.isNull(decode(place, text.slice(0, at) + other + text.slice(at + 1)), `changed at ${at}`)
    }
  })
})

const manyHolds = (reason: string): readonly [Event, ...Array<Event>] => {
  const held = (n: number) => make("AppHeld", { reason: `${reason} ${n}`, until: null })
  return [held(0), ...Array.from({ length: 1199 }, (_, n) => held(n + 1))]
}

/** A log with one long stream, and processes that read it with the saved states of a folder. */
const makeLog = Effect.fnUntraced(function* (folder: string, reason: string) {
  const store = yield* Effect.provide(EventStore, EventStoreMemory.layer)
  const read: Array<number> = []
  const counting = EventStore.of({
    ...store,
    read: (stream, after, limit) =>
      Effect.tap(store.read(stream, after, limit), (events) => Effect.sync(() => read.push(events.length)))
  })
  const inNewProcess = <A, E>(definition: string, use: (journal: Journal["Service"]) => Effect.Effect<A, E>) =>
    Effect.flatMap(Journal, use).pipe(
      Effect.provide(
        Layer.fresh(Journal.layer).pipe(
          Layer.provide([
            Layer.succeed(EventStore, counting),
            Layer.succeed(Folds, makeFolds()),
            Layer.succeed(SavedStates, makeSavedStates(folder, definition)),
            layerWebCrypto
          ])
        )
      )
    )
  const append = (events: readonly [Event, ...Array<Event>]) =>
    inNewProcess("now", (journal) =>
      Effect.flatMap(journal.load("web"), (state) => journal.append("web", state, null, events))
    )
  yield* append(manyHolds(reason))
  /** The state that a new process has, and how many events it read. */
  const load = (definition = "now") =>
    Effect.gen(function* () {
      read.length = 0
      const state = yield* inNewProcess(definition, (journal) => journal.load("web"))
      return { reason: state.held?.reason, version: state.version, events: read.reduce((sum, n) => sum + n, 0) }
    })
  return { append, load }
})

const states = (folder: string) => join(folder, "events.db-states")

/** Verifies: LAW-6 */
describe("a process that loads a long stream", () => {
  it.live("reads only the events after the saved state", () =>
    Effect.gen(function* () {
      const folder = states(yield* temporaryFolder())
      const log = yield* makeLog(folder, "a")
      assert.deepStrictEqual(yield* log.load(), { reason: "a 1199", version: 1200, events: 1200 })
      assert.deepStrictEqual(yield* log.load(), { reason: "a 1199", version: 1200, events: 1 })
      yield* log.append([make("AppHeld", { reason: "later", until: null })])
      assert.deepStrictEqual(yield* log.load(), { reason: "later", version: 1201, events: 2 })
      rmSync(folder, { recursive: true })
      assert.strictEqual((yield* log.load()).events, 1201)
      assert.strictEqual((yield* log.load()).events, 1)
    })
  )

  it.live("folds from the beginning, and saves anew, if the saved state is of other code", () =>
    Effect.gen(function* () {
      const log = yield* makeLog(states(yield* temporaryFolder()), "a")
      yield* log.load()
      assert.strictEqual((yield* log.load("newer")).events, 1200)
      assert.strictEqual((yield* log.load("newer")).events, 1)
    })
  )

  it.live("folds from the beginning if the saved state is of another log, shorter or longer", () =>
    Effect.gen(function* () {
      const folder = states(yield* temporaryFolder())
      const [one, other, longer] = [
        yield* makeLog(folder, "a"),
        yield* makeLog(folder, "b"),
        yield* makeLog(folder, "c")
      ]
      yield* longer.append([make("AppReleased", {}), make("AppHeld", { reason: "c last", until: null })])
      yield* one.load()
      assert.strictEqual((yield* other.load()).reason, "b 1199")
      assert.strictEqual((yield* longer.load()).reason, "c last")
      assert.strictEqual((yield* one.load()).reason, "a 1199")
    })
  )

  it.live("folds from the beginning, and saves anew, if the file is torn, empty or garbage", () =>
    Effect.gen(function* () {
      const folder = states(yield* temporaryFolder())
      const log = yield* makeLog(folder, "a")
      yield* log.load()
      const [name = ""] = readdirSync(folder)
      const whole = readFileSync(join(folder, name))
      for (const text of ["", whole.subarray(0, whole.length / 2), Buffer.alloc(whole.length), `${whole}x`]) {
        writeFileSync(join(folder, name), text)
        assert.deepStrictEqual(yield* log.load(), { reason: "a 1199", version: 1200, events: 1200 })
        assert.strictEqual((yield* log.load()).events, 1)
      }
    })
  )

  /** Verifies: LAW-17 */
  it.live("uses and writes nothing if the folder is a link, a file, or another user's to write", () =>
    Effect.gen(function* () {
      const home = yield* temporaryFolder()
      const [folder, elsewhere] = [states(home), join(home, "elsewhere")]
      const log = yield* makeLog(folder, "a")
      mkdirSync(elsewhere)
      symlinkSync(elsewhere, folder)
      for (let n = 0; n < 2; n++) assert.strictEqual((yield* log.load()).events, 1200)
      assert.deepStrictEqual(readdirSync(elsewhere), [])
      rmSync(folder)
      writeFileSync(folder, "")
      for (let n = 0; n < 2; n++) assert.strictEqual((yield* log.load()).events, 1200)
      rmSync(folder)
      yield* log.load()
      chmodSync(folder, 0o777)
      assert.strictEqual((yield* log.load()).events, 1200)
      chmodSync(folder, 0o700)
      assert.strictEqual((yield* log.load()).events, 1)
    })
  )

  it.live("finds the whole state or none while others save", () =>
    Effect.gen(function* () {
      const folder = states(yield* temporaryFolder())
      const state = fold(histories[1] ?? [], initialStateOf("web"))
      const saved = Array.from({ length: 8 }, (_, n) => ({ state, hash: String(n).repeat(64) }))
      const known = yield* Effect.forEach(
        saved,
        (one) =>
          Effect.gen(function* () {
            const own = makeSavedStates(folder)
            const found: Array<string> = []
            for (let n = 0; n < 20; n++) {
              yield* own.save("app/web", one)
              const read = yield* own.of("app/web")
              if (read === null) continue
              assert.deepStrictEqual(plain(read.state), plain(state))
              found.push(read.hash)
            }
            return found
          }),
        { concurrency: "unbounded" }
      )
      assert.isAbove(known.flat().length, 0)
      for (const hash of known.flat())
        assert.include(
          saved.map((one) => one.hash),
          hash
        )
    })
  )
})
