import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { Claims, Locked } from "../../src/claim/Claims.ts"
import type { App } from "../../src/domain/App.ts"
import { type Event, make } from "../../src/domain/Event.ts"
import { evolve } from "../../src/domain/evolve.ts"
import { type AppState, initialStateOf } from "../../src/domain/State.ts"
import { iso } from "../../src/domain/time.ts"
import { Engine } from "../../src/engine/Engine.ts"
import { flush } from "../../src/engine/outbox.ts"
import { eventsOf } from "../../src/engine/watch.ts"
import { EventUndecodable } from "../../src/log/Codec.ts"
import { AlertFailed, AlertSinks, type RemoteSink } from "../../src/notify/AlertSink.ts"
import { now, v1, v2 } from "../domain/given.ts"
import { makeApp } from "../snapshot/fixture.ts"

const wiki: App = { ...makeApp("/nowhere"), name: "wiki" }
const host: App = { ...makeApp("/nowhere"), name: "_host" }
/** Its log cannot be read. */
const odd: App = { ...makeApp("/nowhere"), name: "odd" }
const undecodable = new EventUndecodable({
  position: 7,
  stream: "app/odd",
  type: "Deployed",
  v: 1,
  field: "version",
  reason: "Missing key"
})

const alert = (id: string, over: Partial<Extract<Event, { type: "AlertRaised" }>["data"]> = {}): Event =>
  make("AlertRaised", {
    ...{ alert: id, subject: "attempt", outcome: "left-down", attempted: v2, lastGood: v1, recovered: false },
    ...{ why: `why ${id}`, next: "" },
    ...over
  })

const minute = 60_000

/** A log in memory, an engine that records in it, and sinks that a test controls. */
const makeWorld = (sinks: ReadonlyArray<RemoteSink>) => {
  const states = new Map<string, AppState>()
  const stateOf = (app: string) => states.get(app) ?? initialStateOf(app)
  const log = (app: string, at: number, ...events: ReadonlyArray<Event>) => {
    for (const event of events) {
      const state = stateOf(app)
      states.set(app, evolve(state, { version: state.version + 1, at: iso(at), attempt: null, event }))
    }
  }
  const locked = new Set<string>()
  const isLocked = (app: string) =>
    locked.has(app) ? Effect.fail(new Locked({ app, holder: "cli:root", waitedMs: 0, next: "" })) : Effect.void
  const names = sinks.map(({ name }) => name)
  const configured = make("AlertSinksConfigured", { sinks: ["file", ...names], tell: names })
  log("wiki", now, configured)
  const recorded: Array<string> = []
  const ports = Layer.mergeAll(
    Layer.mock(Engine)({
      state: (app) => (app === odd ? Effect.fail(undecodable) : Effect.sync(() => stateOf(app.name))),
      note: (app, noted) =>
        Effect.gen(function* () {
          yield* isLocked(app.name)
          const at = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
          const events = eventsOf(stateOf(app.name), noted, iso(at)) ?? []
          log(app.name, at, ...events)
          recorded.push(...events.map(({ type }) => type))
          return events.length > 0
        })
    }),
    Layer.mock(Claims)({ hold: (app) => Effect.as(isLocked(app.name), { fd: -1 }) }),
    Layer.succeed(AlertSinks, AlertSinks.of({ all: [], remote: Effect.succeed(sinks) }))
  )
  const unrecorded = new Map()
  const post = Effect.provide(flush([odd, wiki], { host, limitMs: minute, waitMs: 0, unrecorded }), ports)
  return { log, stateOf, locked, post, recorded, restart: () => unrecorded.clear() }
}

const makeSink = (name: string, answer: (n: number, title: string) => Effect.Effect<string, AlertFailed>) => {
  const got: Array<string> = []
  let tries = 0
  const sink: RemoteSink = {
    name,
    level: "info",
    send: (message) =>
      Effect.suspend(() => {
        tries++
        return Effect.tap(answer(tries, message.text), () => Effect.sync(() => got.push(message.id)))
      })
  }
  return { sink, got, tries: () => tries }
}

const fine = () => Effect.succeed("200 OK")
const down = (name: string, more: Partial<AlertFailed> = {}) =>
  Effect.fail(new AlertFailed({ sink: name, reason: "got 500", ...more }))

/** Verifies: LAW-10 */
describe("the outbox", () => {
  it.effect("sends each alert once to each sink, and its end, beside an app whose log cannot be read", () =>
    Effect.gen(function* () {
      const [chat, mail] = [makeSink("chat", fine), makeSink("mail", fine)]
      const { log, post, stateOf } = makeWorld([chat.sink, mail.sink])
      yield* TestClock.setTime(now)
      log("wiki", now, alert("a"), alert("b"))
      yield* post
      yield* post
      assert.deepStrictEqual(
        [chat.got, mail.got],
        [
          ["a", "b"],
          ["a", "b"]
        ]
      )
      log(
        "wiki",
        now,
        make("AlertResolved", { alert: "a", by: "well" }),
        make("AlertResolved", { alert: "b", by: "well" })
      )
      yield* post
      yield* post
      assert.deepStrictEqual(chat.got, ["a", "b", "b-resolved"])
      assert.isTrue([...stateOf("wiki").alerts].every(([, one]) => one.endOwedTo.length === 0))
    })
  )

  it.effect("does not let a sink that hangs hold up another one", () =>
    Effect.gen(function* () {
      const hung = makeSink("hung", () =>
        Effect.timeoutOrElse(Effect.never, { duration: "20 seconds", orElse: () => down("hung") })
      )
      const mail = makeSink("mail", fine)
      const { log, post } = makeWorld([hung.sink, mail.sink])
      yield* TestClock.setTime(now)
      log("wiki", now, alert("a"), alert("b"))
      const posting = yield* Effect.forkChild(post)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(mail.got, ["a", "b"])
      yield* TestClock.adjust("20 seconds")
      yield* Fiber.join(posting)
      assert.deepStrictEqual([hung.tries(), hung.got], [1, []])
    })
  )

  it.effect("asks a server that answers 500 for an hour seldom, also after restarts, and then sends everything", () =>
    Effect.gen(function* () {
      let isDown = true
      const chat = makeSink("chat", () => (isDown ? down("chat") : fine()))
      const { log, post, restart, stateOf } = makeWorld([chat.sink])
      yield* TestClock.setTime(now)
      log("wiki", now, alert("a"), alert("b"))
      for (let second = 0; second < 3600; second += 10) {
        yield* post
        restart()
        yield* TestClock.adjust("10 seconds")
      }
      // After 0, 1, 3, 7, 15 and 31 minutes.
      assert.strictEqual(chat.tries(), 6)
      assert.deepInclude(stateOf("_host").failing[0], { sink: "chat", failures: 6, since: iso(now), why: "got 500" })
      isDown = false
      yield* TestClock.adjust("10 minutes")
      yield* post
      assert.deepStrictEqual(chat.got, ["a", "b"])
      assert.deepStrictEqual(stateOf("_host").failing, [])
    })
  )

  it.effect("waits as long as the server asks", () =>
    Effect.gen(function* () {
      const chat = makeSink("chat", (n) => (n === 1 ? down("chat", { retryAfterMs: 30 * minute }) : fine()))
      const { log, post } = makeWorld([chat.sink])
      yield* TestClock.setTime(now)
      log("wiki", now, alert("a"))
      assert.strictEqual(yield* post, now + 30 * minute)
      yield* TestClock.adjust("29 minutes")
      yield* post
      assert.strictEqual(chat.tries(), 1)
      yield* TestClock.adjust("1 minute")
      assert.isNull(yield* post)
      assert.deepStrictEqual(chat.got, ["a"])
    })
  )

  it.effect("does not let a message that a server refuses hold up the next one", () =>
    Effect.gen(function* () {
      const chat = makeSink("chat", (_, text) =>
        text.includes("why a") ? down("chat", { isAboutMessage: true }) : fine()
      )
      const { log, post } = makeWorld([chat.sink])
      yield* TestClock.setTime(now)
      log("wiki", now, alert("a"), alert("b"))
      yield* post
      assert.deepStrictEqual(chat.got, ["b"])
    })
  )

  it.effect("records later what it sent while another process worked on the app, and does not send it again", () =>
    Effect.gen(function* () {
      const chat = makeSink("chat", fine)
      const { locked, log, post, recorded } = makeWorld([chat.sink])
      yield* TestClock.setTime(now)
      log("wiki", now, alert("a"))
      locked.add("wiki")
      yield* post
      yield* post
      assert.deepStrictEqual([chat.got, recorded], [["a"], []])
      locked.clear()
      yield* post
      assert.deepStrictEqual([chat.got, recorded], [["a"], ["AlertDelivered"]])
    })
  )

  it.effect("leaves sending to the process that does it already", () =>
    Effect.gen(function* () {
      const chat = makeSink("chat", fine)
      const { locked, log, post } = makeWorld([chat.sink])
      yield* TestClock.setTime(now)
      log("wiki", now, alert("a"))
      locked.add("_notify")
      assert.isAbove((yield* post) ?? 0, now)
      assert.deepStrictEqual(chat.got, [])
      locked.clear()
      yield* post
      assert.deepStrictEqual(chat.got, ["a"])
    })
  )
})
