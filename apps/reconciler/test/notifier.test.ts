import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { Claims } from "@lastgood/core/claim/Claims"
import { type Event, make } from "@lastgood/core/domain/Event"
import { fold } from "@lastgood/core/domain/evolve"
import { type AppState, initialStateOf } from "@lastgood/core/domain/State"
import { iso } from "@lastgood/core/domain/time"
import { Engine } from "@lastgood/core/engine/Engine"
import { recordedOf, streamOf } from "@lastgood/core/engine/Journal"
import { eventsOf } from "@lastgood/core/engine/watch"
import { encodeEvent } from "@lastgood/core/log/Codec"
import { EventStore } from "@lastgood/core/log/EventStore"
import * as EventStoreMemory from "@lastgood/core/log/EventStoreMemory"
import { AlertSinks } from "@lastgood/core/notify/AlertSink"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { hostApp, namedApp } from "../src/namedApp.ts"
import { isFailure, makeNotifier, nextDigest } from "../src/notifier.ts"
import type { PassResult } from "../src/pass.ts"

const now = Date.parse("2026-03-01T03:00:00.000Z")

const ended = (app: string, outcome: PassResult["outcome"], trouble: string | null = null): PassResult => ({
  ...{ app, outcome, trouble, why: "", next: "" }
})

/** A log in memory, with an engine that records in it, and one sink. */
const makeWorld = Effect.gen(function* () {
  const context = yield* Layer.build(EventStoreMemory.layer)
  const store = yield* Effect.provide(EventStore, context)
  let id = 0
  const log = (app: string, ...events: ReadonlyArray<Event>) =>
    Effect.gen(function* () {
      const at = iso(yield* Clock.currentTimeMillis)
      for (const event of events) {
        const envelope = { id: `0193a0c4-7a2e-7cc1-9f6e-${String(++id).padStart(12, "0")}`, at, actor: "test" }
        yield* store.append(streamOf(app), { _tag: "Any" }, [{ ...envelope, attempt: null, ...encodeEvent(event) }])
      }
    })
  const stateOf = (app: string): Effect.Effect<AppState> =>
    store.read(streamOf(app)).pipe(
      Effect.flatMap((events) => Effect.forEach(events, recordedOf)),
      Effect.map((recorded) => fold(recorded, initialStateOf(app))),
      Effect.orDie
    )
  const got: Array<{ readonly title: string; readonly text: string }> = []
  const sink = {
    name: "chat",
    level: "info" as const,
    send: (message: { readonly title: string; readonly text: string }) =>
      Effect.sync(() => {
        got.push(message)
        return "200 OK"
      })
  }
  const configured = make("AlertSinksConfigured", { sinks: ["chat"], tell: ["chat"] })
  const post = Layer.mergeAll(
    Layer.succeedContext(context),
    Layer.mock(Claims)({ hold: () => Effect.succeed({ fd: -1 }) }),
    Layer.succeed(AlertSinks, AlertSinks.of({ all: [], remote: Effect.succeed([sink]) })),
    Layer.mock(Engine)({
      state: (app) => stateOf(app.name),
      note: (app, noted) =>
        Effect.gen(function* () {
          const state = yield* stateOf(app.name)
          const events = eventsOf(state, noted, iso(yield* Clock.currentTimeMillis)) ?? []
          if (state.sinks.length === 0) yield* Effect.orDie(log(app.name, configured))
          yield* Effect.orDie(log(app.name, ...events))
          return events.length > 0
        })
    })
  )
  return { log, post, got }
})

describe("the daemon's notifications", () => {
  it("end a digest's day at its time, in the host's time zone", () => {
    assert.strictEqual(iso(nextDigest("08:00", now)), "2026-03-01T08:00:00.000Z")
    assert.strictEqual(iso(nextDigest("03:00", now)), "2026-03-02T03:00:00.000Z")
  })

  it("count what the exit code of a pass counts as a failure", () => {
    assert.deepStrictEqual(
      [ended("a", "nothing"), ended("a", "refused"), ended("a", "skipped"), ended("a", "committed")].map(isFailure),
      [false, false, false, false]
    )
    assert.isTrue([ended("a", "recovered"), ended("a", "error"), ended("a", "nothing", "503")].every(isFailure))
  })

  /** Verifies: LAW-10 */
  it.effect("send what was raised, and the digest once a day, also after a restart", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      const { got, log, post } = yield* makeWorld
      const settings = Effect.succeed({ hasSinks: true, digest: "08:00", ping: null })
      const apps = Effect.succeed([namedApp("/nowhere", "wiki")])
      const start = Effect.flatMap(makeNotifier("/nowhere", post, settings), ({ run }) => Effect.forkScoped(run(apps)))
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* start
          yield* TestClock.adjust("10 seconds")
          assert.deepStrictEqual(got, [])
          yield* log("wiki", make("AlertSinksConfigured", { sinks: ["chat"], tell: ["chat"] }))
          yield* log(
            "wiki",
            make("AlertRaised", {
              ...{ alert: "a", subject: "config", outcome: "failed", attempted: null, lastGood: null, recovered: true },
              ...{ why: "line 3", next: "" }
            })
          )
          yield* TestClock.adjust("20 seconds")
          assert.deepStrictEqual(
            got.splice(0).map(({ title }) => title),
            ["wiki: its configuration is broken"]
          )
          yield* TestClock.adjust("5 hours")
          const [digest, ...more] = got.splice(0)
          assert.deepStrictEqual(more, [])
          assert.match(digest?.text ?? "", /^Nothing happened since .*\nOpen alerts:\nwiki: failed since .*: line 3$/)
        })
      )
      yield* TestClock.adjust("24 hours")
      yield* start
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(
        got.splice(0).map(({ title }) => title),
        ["lastgood: daily digest"]
      )
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(got, [])
    })
  )

  it.live("ping the beginning and the end of each pass, and a failure as long as one app fails", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const server = yield* Effect.acquireRelease(
        Effect.promise(async () => {
          const made = createServer((request, response) => {
            seen.push(request.url ?? "")
            response.end()
          })
          await new Promise<void>((resolve) => made.listen(0, "127.0.0.1", resolve))
          return made
        }),
        (made) => Effect.promise(() => new Promise((resolve) => made.close(resolve)))
      )
      const { port } = server.address() as AddressInfo
      const settings = Effect.succeed({ hasSinks: false, digest: null, ping: `http://127.0.0.1:${port}/x` })
      const { post } = yield* makeWorld
      const { begin, end, run } = yield* makeNotifier("/nowhere", post, settings)
      yield* Effect.forkScoped(run(Effect.succeed([])))
      yield* begin
      yield* end(ended("a", "error"))
      yield* end(ended("b", "nothing"))
      yield* end(ended("a", "skipped"))
      yield* end(ended("a", "committed"))
      const expected = ["/x/start", "/x/fail", "/x/fail", "/x/fail", "/x"]
      while (seen.length < expected.length) yield* Effect.sleep(20)
      assert.deepStrictEqual(seen, expected)
      assert.strictEqual(hostApp("/nowhere").dir, "/nowhere/_host")
    })
  )
})
