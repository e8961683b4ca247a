import { assert, describe, it } from "@effect/vitest"
import { openAlerts } from "../../src/domain/alerts.ts"
import { digestEvents, digestText } from "../../src/domain/digest.ts"
import { type Event, make } from "../../src/domain/Event.ts"
import type { Recorded } from "../../src/domain/evolve.ts"
import { stopPlan } from "../../src/domain/Plan.ts"
import { iso } from "../../src/domain/time.ts"
import { adopted, given, now, v1, v2 } from "./given.ts"

const since = iso(now)

const of = (app: string, ...events: ReadonlyArray<Event>) => ({
  app,
  events: events.map((event, i): Recorded => ({ version: i + 1, at: since, attempt: null, event })),
  state: given([...adopted(), ...events])
})

const alert = make("AlertRaised", {
  ...{ alert: "a", subject: "attempt", outcome: "recovered", attempted: v2, lastGood: v1, recovered: true },
  ...{ why: "503", next: "" }
})

const refused = { from: v1, to: v2, gate: "window", reason: "its window", next: "", until: iso(now + 9000) }
const downtime = { at: since, ms: 9200, downSince: null, steps: [{ step: "deploy", ms: 9200 }] }

describe("the daily digest", () => {
  it("says in one line that nothing happened", () => {
    assert.strictEqual(digestText(since, [of("wiki"), of("shop")], now), `Nothing happened since ${since}.`)
  })

  it("tells of an app that was stopped, restored or removed, and by whom", () => {
    const plan = stopPlan
    const done = make("AttemptEnded", { outcome: "done", why: "" })
    const failed = make("AttemptEnded", { outcome: "failed", why: "it would not stop" })
    const stop = make("StopAttempted", { of: v1, by: "cli:ann", plan })
    const restored = make("RolledBack", { attempted: null, lastGood: v1, recovered: true, reason: "" })
    const gone = make("AppRemoved", { by: "cli:ann", snapshot: "s", volumes: ["data"] })
    const text = digestText(
      since,
      [
        of("wiki", stop, done),
        of("shop", stop, failed, restored, done),
        of("blog", gone, make("DataRemoved", { volumes: ["data"] }))
      ],
      now
    )
    assert.deepStrictEqual(text.split("\nWaiting for:")[0]?.split("\n").slice(1), [
      "wiki: stopped by cli:ann",
      "shop: failed: it would not stop",
      "shop: 1.0.0+1.0.0 restored, healthy",
      "blog: removed by cli:ann",
      "blog: its data was deleted: data"
    ])
  })

  it("tells what happened to each app, equal things once, and which alerts are open", () => {
    const held = make("AppHeld", { reason: "the\nholidays", until: null })
    const text = digestText(
      since,
      [
        of(
          "wiki",
          make("UpgradeCommitted", { ...v2, previous: v1 }),
          make("UpgradeCommitted", { ...v2, previous: v2 })
        ),
        of("shop", held, held, make("RolledBack", { attempted: v2, lastGood: v1, recovered: true, reason: "" }), alert),
        of("idle"),
        of("blog", make("UpgradeRefused", refused), make("AttemptEnded", { outcome: "committed", why: "", downtime }))
      ],
      now
    )
    assert.deepStrictEqual(text.split("\n"), [
      `Since ${since}:`,
      "wiki: upgraded from 1.0.0+1.0.0 to 1.1.0+1.1.0",
      "wiki: 1.1.0+1.1.0 was started again",
      "shop: held: the holidays (2 times)",
      "shop: 1.1.0+1.1.0 rolled back to 1.0.0+1.0.0, healthy",
      "blog: 1.1.0+1.1.0 refused: its window",
      "blog: was down for 9.2 s",
      "Open alerts:",
      `shop: recovered since ${iso(now + 4)}: 503`,
      "Waiting for:",
      `blog: window: its window, until ${iso(now + 9000)}`
    ])
  })

  it("stays short, however much happened", () => {
    const many = Array.from({ length: 500 }, (_, i) =>
      make("AppHeld", { reason: `${i} ${"x".repeat(9000)}`, until: null })
    )
    assert.isBelow(digestText(since, [of("wiki", ...many)], now).length, 5000)
  })

  it("is delivered as an alert is, and is never open", () => {
    assert.deepStrictEqual(openAlerts(given(digestEvents("text", since))), [])
  })
})
