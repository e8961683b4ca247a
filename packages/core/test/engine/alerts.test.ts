import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { make } from "../../src/domain/Event.ts"
import { evolve } from "../../src/domain/evolve.ts"
import { iso } from "../../src/domain/time.ts"
import { deliverAlerts } from "../../src/engine/alerts.ts"
import { Journal } from "../../src/engine/Journal.ts"
import { AlertFailed, AlertSinks, type RemoteSink, type Sink } from "../../src/notify/AlertSink.ts"
import { given, now, v1, v2 } from "../domain/given.ts"
import { makeApp } from "../snapshot/fixture.ts"

const alert = (id: string) =>
  make("AlertRaised", {
    ...{ alert: id, subject: "attempt", outcome: "recovered", attempted: v2, lastGood: v1, recovered: true },
    ...{ why: "503", next: "lastgood retry <app>" }
  })

describe("alerts", () => {
  /** Verifies: LAW-10 */
  it.effect("are delivered to every sink, and retried until the sink accepts them", () =>
    Effect.gen(function* () {
      let state = given([alert("a1"), alert("a2")])
      let isDown = true
      let remote: ReadonlyArray<RemoteSink> | null = []
      const got: Array<string> = []
      const sink = (name: string, fails: () => boolean): Sink => ({
        name,
        deliver: (_, { id, next }) =>
          fails()
            ? Effect.fail(new AlertFailed({ sink: name, reason: "no route" }))
            : Effect.sync(() => void got.push(`${name} ${id} ${next}`))
      })
      const sinks = [sink("mail", () => isDown), sink("file", () => false)]
      const journal = Layer.mock(Journal)({
        load: () => Effect.sync(() => state),
        append: (_app, from, attempt, events) =>
          Effect.sync(() => {
            const put = (seen: typeof state, event: (typeof events)[number]) =>
              evolve(seen, { version: seen.version + 1, at: iso(now), attempt, event })
            state = events.reduce(put, from)
            return state
          })
      })
      const ports = Layer.merge(
        journal,
        Layer.succeed(AlertSinks, AlertSinks.of({ all: sinks, remote: Effect.sync(() => remote) }))
      )
      const deliver = Effect.provide(deliverAlerts(makeApp("/nowhere")), ports)

      yield* deliver
      assert.deepStrictEqual(got.splice(0), ["file a1 lastgood retry notes", "file a2 lastgood retry notes"])
      yield* deliver
      assert.deepStrictEqual(got, [])
      isDown = false
      yield* deliver
      assert.deepStrictEqual(got.splice(0), ["mail a1 lastgood retry notes", "mail a2 lastgood retry notes"])
      yield* deliver
      assert.deepStrictEqual(got, [])

      // Without a configuration nothing is known about remote sinks, and they stay owed what they are owed.
      state = given([make("AlertSinksConfigured", { sinks: ["mail", "file", "phone"], tell: ["phone"] })], "a1", state)
      remote = null
      yield* deliver
      assert.deepStrictEqual([state.sinks, state.tell], [["mail", "file", "phone"], ["phone"]])
      remote = []
      yield* deliver
      assert.deepStrictEqual([state.sinks, state.tell], [["mail", "file"], []])

      // A new sink is owed what is not resolved, and nothing of what is over.
      state = given([make("AlertResolved", { alert: "a1", by: "it is well" })], "a1", state)
      sinks.push(sink("chat", () => false))
      yield* deliver
      assert.deepStrictEqual(got.splice(0), ["chat a2 lastgood retry notes"])
      assert.deepStrictEqual(state.sinks, ["mail", "file", "chat"])
    })
  )
})
