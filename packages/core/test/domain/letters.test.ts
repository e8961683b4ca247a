import { assert, describe, it } from "@effect/vitest"
import { alertsOf } from "../../src/domain/alerts.ts"
import type { PredictedDowntime } from "../../src/domain/downtime.ts"
import { type Event, make } from "../../src/domain/Event.ts"
import { fold, type Recorded } from "../../src/domain/evolve.ts"
import { afterSinkEvent, retryDelayMs } from "../../src/domain/failingSinks.ts"
import { dispatchTo, type Level, toldBy, toldEvents } from "../../src/domain/letters.ts"
import { messageFrom } from "../../src/domain/message.ts"
import { type AppState, initialStateOf } from "../../src/domain/State.ts"
import { iso } from "../../src/domain/time.ts"
import { recoveredEvents } from "../../src/domain/watching.ts"
import { adopted, day, given, now, v1, v2 } from "./given.ts"

const hour = day / 24

const raised = (alert: string, over: Partial<Extract<Event, { type: "AlertRaised" }>["data"]> = {}): Event =>
  make("AlertRaised", {
    ...{ alert, subject: "attempt", outcome: "recovered", attempted: v2, lastGood: v1, recovered: true },
    ...{ why: "503 after 6 s", next: "" },
    ...over
  })

const configured = make("AlertSinksConfigured", { sinks: ["file", "chat"], tell: ["chat"] })

const at = (from: AppState, millis: number, ...events: ReadonlyArray<Event>): AppState =>
  fold(
    events.map((event, i): Recorded => ({ version: from.version + i + 1, at: iso(millis), attempt: "a", event })),
    from
  )

const chat = (level: Level = "info") => ({ name: "chat", level })

/** Everything that the sink is owed is sent. */
const sent = (state: AppState, millis: number, level: Level = "info") => {
  const { letters, spared } = dispatchTo(state, chat(level))
  const told = [...spared, ...letters.flatMap(toldBy)].map((one) => ({ ...one, to: "chat" }))
  const titles = letters.map((letter) => messageFrom("wiki", "wiki", letter).title)
  return { titles, letters, state: at(state, millis, ...toldEvents(state, told)) }
}

const start = at(initialStateOf("wiki"), now, configured)
const failed = "wiki: 1.1.0+1.1.0 failed, rolled back to 1.0.0+1.0.0"

/** Verifies: LAW-10 */
describe("what a sink is sent", () => {
  it("is each alert once", () => {
    const first = sent(at(start, now, raised("a")), now)
    assert.deepStrictEqual(first.titles, [failed])
    assert.deepStrictEqual(sent(first.state, now).titles, [])
  })

  it("is one of several equal failures a day, and the first one after a success", () => {
    const first = sent(at(start, now, raised("a"), raised("b", { why: "503 after 7 s" })), now)
    assert.deepStrictEqual(first.titles, [failed])
    const second = sent(at(first.state, now + 23 * hour, raised("c")), now + 23 * hour)
    assert.deepStrictEqual(second.titles, [])
    const another = sent(at(second.state, now + 23 * hour, raised("d", { why: "404" })), now + 23 * hour)
    assert.deepStrictEqual(another.titles, [failed])
    const nextDay = sent(at(another.state, now + 25 * hour, raised("e")), now + 25 * hour)
    assert.deepStrictEqual(nextDay.titles, [failed])
    assert.strictEqual(nextDay.letters[0]?.equal, 3)
    const well = at(nextDay.state, now + 26 * hour, make("UpgradeCommitted", { ...v2, previous: null }))
    const end = sent(well, now + 26 * hour)
    assert.deepStrictEqual(end.titles, [`wiki: resolved: ${failed.slice(6)}`])
    assert.deepStrictEqual(sent(at(end.state, now + 27 * hour, raised("f")), now).titles, [failed])
  })

  it("is the end of an alert that it was sent, once for each subject", () => {
    const before = sent(
      at(start, now, raised("a"), raised("b", { why: "404" }), raised("c", { subject: "drift" })),
      now
    )
    const over = at(
      before.state,
      now,
      ...["a", "b", "c"].map((alert) => make("AlertResolved", { alert, by: "it is well" }))
    )
    const ends = sent(over, now)
    assert.deepStrictEqual(
      ends.letters.map(({ about, settles }) => [about, settles]),
      [
        ["resolved", ["a", "b"]],
        ["resolved", ["c"]]
      ]
    )
    assert.deepStrictEqual(sent(ends.state, now).titles, [])
    const filed = at(ends.state, now, ...["a", "b", "c"].map((alert) => make("AlertDelivered", { alert, to: "file" })))
    assert.deepStrictEqual(alertsOf(filed), [])
  })

  it("is one message about an alert that was resolved before it could be sent", () => {
    const over = at(start, now, raised("a"), make("AlertResolved", { alert: "a", by: "1.1.0 is healthy" }))
    const { letters, state, titles } = sent(over, now)
    assert.deepStrictEqual(titles, [`${failed} (resolved)`])
    assert.include(letters.map((letter) => messageFrom("wiki", "wiki", letter).text).join(), "1.1.0 is healthy")
    assert.deepStrictEqual(sent(state, now).titles, [])
  })

  it("is one message when an unhealthy app is healthy again", () => {
    const since = iso(now)
    const sick = at(
      at(start, now, ...adopted()),
      now,
      make("AppUnhealthy", { version: v1.version, since, what: "503", checks: [] }),
      raised("u", { subject: "unhealthy", outcome: "unhealthy", attempted: null, recovered: false })
    )
    const told = sent(sick, now, "error")
    assert.deepStrictEqual(told.titles, ["wiki: unhealthy"])
    const well = at(told.state, now, ...(recoveredEvents(told.state, "itself") ?? []))
    assert.deepStrictEqual(sent(well, now, "error").titles, ["wiki: healthy again"])
    // A version that was committed has resolved it before the notice is raised.
    const committed = at(told.state, now, make("UpgradeCommitted", { ...v2, previous: null }))
    const both = at(
      committed,
      now,
      ...(recoveredEvents({ ...committed, unhealthy: told.state.unhealthy }, "lastgood") ?? [])
    )
    assert.deepStrictEqual(sent(both, now, "error").titles, ["wiki: healthy again"])
  })

  it("is nothing below its level, and neither the end of it", () => {
    const some = at(
      start,
      now,
      raised("a"),
      raised("b", { outcome: "left-down", recovered: false, subject: "unhealthy" })
    )
    const { state, titles } = sent(some, now, "error")
    assert.deepStrictEqual(titles, ["wiki: left down after 1.1.0+1.1.0 failed"])
    const over = at(state, now, ...["a", "b"].map((alert) => make("AlertResolved", { alert, by: "well" })))
    assert.deepStrictEqual(
      dispatchTo(over, chat("error")).letters.map(({ settles }) => settles),
      [["b"]]
    )
    assert.deepStrictEqual(sent(some, now, "warning").letters.length, 2)
  })

  it("is nothing of logs of before there were remote sinks", () => {
    const old = given([make("AlertSinksConfigured", { sinks: ["file"] }), raised("a")])
    const over = at(
      old,
      now,
      make("AlertDelivered", { alert: "a", to: "file" }),
      make("AlertResolved", { alert: "a", by: "well" })
    )
    assert.deepStrictEqual(alertsOf(over), [])
    assert.deepStrictEqual(dispatchTo(at(over, now, configured), chat()).letters, [])
  })
})

describe("a sink that fails", () => {
  it("is left alone longer each time, for at most an hour, or as long as it asks, for at most 6 hours", () => {
    assert.deepStrictEqual(
      [1, 2, 3, 6, 7, 500].map((failures) => retryDelayMs(failures, null) / 60_000),
      [1, 2, 4, 32, 60, 60]
    )
    assert.strictEqual(retryDelayMs(1, 10 * 60_000), 10 * 60_000)
    assert.strictEqual(retryDelayMs(9, 1000), hour)
    assert.strictEqual(retryDelayMs(1, 30 * day), 6 * hour)
  })

  it("is known since its first failure, until it takes a message", () => {
    const fails = (failures: number) =>
      make("SinkFailed", { sink: "chat", failures, why: "502", retryAt: iso(now + failures) })
    const one = afterSinkEvent([], fails(1), iso(now))
    const two = afterSinkEvent(one, fails(2), iso(now + hour))
    assert.deepStrictEqual(two, [{ sink: "chat", failures: 2, why: "502", retryAt: iso(now + 2), since: iso(now) }])
    assert.deepStrictEqual(afterSinkEvent(two, make("SinkRecovered", { sink: "chat" }), iso(now)), [])
  })

  it("says how long the app was down, or for how long the upgrade that was refused keeps it down", () => {
    const steps = [
      { step: "undeploy", ms: 1200 },
      { step: "restore", ms: 8000 }
    ]
    const downtime = { at: iso(now), ms: 9200, downSince: null, steps }
    const textOf = (event: Event, expected: PredictedDowntime | null = null) =>
      dispatchTo(at(start, now, event), chat()).letters.map((one) => messageFrom("wiki", "wiki", one, expected).text)[0]
    assert.include(textOf(raised("a", { downtime })), "The app was down for 9.2 s (undeploy 1.2 s, restore 8.0 s).")
    const left = raised("a", { outcome: "left-down", downtime: { ...downtime, downSince: iso(now) } })
    assert.include(textOf(left), `The app is down since ${iso(now)}.`)
    const refused = raised("a", { outcome: "refused", subject: "refused:policy" })
    assert.include(
      textOf(refused, { ms: 14_000, steps, attempts: 3 }),
      "The upgrade keeps the app down for about 14 s."
    )
    assert.notInclude(textOf(refused), "down for")
  })
})
