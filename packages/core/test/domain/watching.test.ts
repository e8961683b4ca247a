import { assert, describe, it } from "@effect/vitest"
import { openAlerts } from "../../src/domain/alerts.ts"
import { make } from "../../src/domain/Event.ts"
import { initialStateOf, phaseOf } from "../../src/domain/State.ts"
import { recoveredEvents, type Trouble, unhealthyEvents } from "../../src/domain/watching.ts"
import { given, v1 } from "./given.ts"

const trouble: Trouble = { what: "http /health: got 503", gone: false, checks: [] }
const since = "2026-11-22T03:05:59.120Z"

const running = [
  make("Deployed", { ...v1, services: ["web"], tookMs: 1 }),
  make("UpgradeCommitted", { ...v1, previous: null })
]
const unhealthy = make("AppUnhealthy", { version: v1.version, since, what: trouble.what, checks: [] })

/** Verifies: LAW-10 */
describe("the health of an app between its attempts", () => {
  it("raises one event and alert when it is lost, and one when it returns", () => {
    const well = given(running)
    assert.deepStrictEqual(
      unhealthyEvents(well, trouble, since)?.map(({ type }) => type),
      ["AppUnhealthy", "AlertRaised"]
    )
    assert.isNull(recoveredEvents(well, "itself"))
    const ill = given([...running, unhealthy])
    assert.strictEqual(phaseOf(ill), "unhealthy")
    assert.isNull(unhealthyEvents(ill, trouble, since))
    const events = recoveredEvents(ill, "lastgood") ?? []
    assert.deepStrictEqual(events[0], make("AppRecovered", { version: v1.version, since, by: "lastgood" }))
    assert.include(
      events.map(({ type }) => type),
      "AlertRaised"
    )
    assert.strictEqual(phaseOf(given([...running, unhealthy, ...events])), "running")
    // The alert is resolved, and the notice needs no operator.
    const raised = given(unhealthyEvents(well, trouble, since) ?? [], "a1", well)
    assert.lengthOf(openAlerts(raised), 1)
    assert.lengthOf(openAlerts(given(recoveredEvents(raised, "lastgood") ?? [], "a1", raised)), 0)
  })

  it("is not checked if nothing should run or an attempt is in flight", () => {
    assert.isNull(unhealthyEvents(initialStateOf("web"), trouble, since))
    const down = given([
      ...running,
      make("RollbackFailed", { attempted: v1, lastGood: v1, leftDown: true, reason: "no snapshot", next: "" })
    ])
    assert.isNull(unhealthyEvents(down, trouble, since))
    const begun = given([
      ...running,
      make("DeployAttempted", { from: v1, to: v1, snapshot: "s1", plan: ["deploy", "health", "commit"] })
    ])
    assert.isNull(unhealthyEvents(begun, trouble, since))
  })

  it("that an attempt left unhealthy raises only the attempt's alert", () => {
    const ended = given([...running, make("AttemptEnded", { outcome: "unhealthy", why: "503" })])
    assert.strictEqual(phaseOf(ended), "unhealthy")
    assert.isNull(unhealthyEvents(ended, trouble, since))
    assert.isNotNull(recoveredEvents(ended, "itself"))
    const mended = given([
      ...running,
      make("AttemptEnded", { outcome: "unhealthy", why: "503" }),
      make("AttemptEnded", { outcome: "committed", why: "" })
    ])
    assert.strictEqual(phaseOf(mended), "running")
  })
})
