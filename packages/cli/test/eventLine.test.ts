import { assert, describe, it } from "@effect/vitest"
import { type Event, make } from "@lastgood/core/domain/Event"
import { eventLine } from "../src/log/eventLine.ts"

const lineOf = (event: Event) =>
  eventLine(
    {
      ...{ id: "e1", stream: "app/wiki", version: 4, position: 9, type: event.type, v: 1, at: "2026-11-30T03:00:00Z" },
      ...{ actor: "reconciler", attempt: "a1", data: event.data, prev: "", hash: "" }
    },
    event
  )

const raised = (outcome: string, recovered: boolean) =>
  make("AlertRaised", {
    ...{ alert: "x", subject: "attempt", outcome, attempted: null, lastGood: null, recovered },
    ...{ why: "web ended", next: "lastgood retry wiki" }
  })

describe("the line of an event", () => {
  it("names the event, its attempt and its position", () => {
    assert.deepStrictEqual(lineOf(make("AttemptEnded", { outcome: "committed", why: "" })), {
      ...{ time: "2026-11-30T03:00:00Z", level: "info", app: "wiki", event: "AttemptEnded", message: "committed" },
      ...{ next: "", more: { attempt: "a1", position: 9, outcome: "committed" } }
    })
  })

  it("is as serious as its outcome, and says what can be done", () => {
    assert.deepInclude(lineOf(raised("recovered", true)), { level: "warning", next: "lastgood retry wiki" })
    assert.deepInclude(lineOf(raised("left-down", false)), { level: "error" })
    assert.deepInclude(lineOf(raised("healthy", true)), { level: "info" })
    assert.deepInclude(lineOf(make("AttemptEnded", { outcome: "unhealthy", why: "500" })), { level: "error" })
  })

  it("is missing for what only lastgood needs, and for a refusal, which its pass tells", () => {
    assert.isNull(lineOf(make("AlertSinksConfigured", { sinks: ["file"] })))
  })
})
