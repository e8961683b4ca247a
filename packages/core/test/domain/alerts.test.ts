import { assert, describe, it } from "@effect/vitest"
import {
  type AlertRecord,
  alertsOf,
  openAlerts,
  resolveAlerts,
  undeliveredAlerts,
  unresolvedAlerts
} from "../../src/domain/alerts.ts"
import { decide } from "../../src/domain/decide.ts"
import { type Event, make } from "../../src/domain/Event.ts"
import { evolve } from "../../src/domain/evolve.ts"
import { type AppState, initialStateOf } from "../../src/domain/State.ts"
import { iso } from "../../src/domain/time.ts"
import { adopted, drive, given, now, offer, ofType, upgradeCommand, v1, v2 } from "./given.ts"

const raised = (alert: string, subject = "attempt", attempted = v2): Event =>
  make("AlertRaised", {
    ...{ alert, subject, outcome: "recovered", attempted, lastGood: v1, recovered: true },
    ...{ why: "503", next: "" }
  })
const delivered = (alert: string, to = "file") => make("AlertDelivered", { alert, to })
const sinks = (...names: ReadonlyArray<string>) => make("AlertSinksConfigured", { sinks: names })
const resolved = (alert: string) => make("AlertResolved", { alert, by: "it is well" })
const committed = (ref = v2) => make("UpgradeCommitted", { ...ref, previous: null })

const ids = (alerts: ReadonlyArray<AlertRecord>) => alerts.map(({ id }) => id)
const owed = (state: AppState, sink: string) =>
  ids(undeliveredAlerts(state).filter(({ owedTo }) => owedTo.includes(sink)))

const upgraded = (from: AppState, works: boolean) => {
  const decision = decide(
    from,
    upgradeCommand({ offers: [offer(v1.version), offer(v2.version)], id: `u${from.version}` })
  )
  if (decision._tag !== "Begin") throw new Error(decision._tag)
  return drive(
    given(decision.events, `u${from.version}`, from),
    (step, direction) => works || direction === "back" || step !== "health"
  )
}

/** Verifies: LAW-10 */
describe("the life of an alert", () => {
  it("ends once it is resolved and every sink has it, in either order", () => {
    const both = [sinks("file", "mail"), raised("a")]
    assert.deepStrictEqual(ids(alertsOf(given([...both, delivered("a"), resolved("a")]))), ["a"])
    assert.deepStrictEqual(ids(alertsOf(given([...both, delivered("a"), resolved("a"), delivered("a", "mail")]))), [])
    assert.deepStrictEqual(ids(alertsOf(given([...both, delivered("a"), delivered("a", "mail")]))), ["a"])
    assert.deepStrictEqual(ids(alertsOf(given([...both, delivered("a"), delivered("a", "mail"), resolved("a")]))), [])
  })

  it("continues until a sink has it, however long ago it was resolved", () => {
    const state = given([raised("a"), resolved("a")])
    assert.deepStrictEqual(ids(undeliveredAlerts(state)), ["a"])
    const known = given([sinks("file", "mail")], "a1", state)
    assert.deepStrictEqual([owed(known, "file"), owed(known, "mail")], [["a"], ["a"]])
  })

  it("is owed to a new sink only if it is not resolved, and no longer to a removed sink", () => {
    const before = given([
      sinks("file"),
      raised("old"),
      raised("open"),
      delivered("old"),
      delivered("open"),
      resolved("old")
    ])
    const after = given([sinks("file", "mail"), raised("new")], "a1", before)
    assert.deepStrictEqual([owed(after, "file"), owed(after, "mail")], [["new"], ["open", "new"]])
    const gone = given([sinks("file"), delivered("new"), resolved("new"), resolved("open")], "a1", after)
    assert.deepStrictEqual(ids(alertsOf(gone)), [])
  })

  it("is no longer open once an operator acknowledged it, but not resolved", () => {
    const state = given([raised("abc-recovered"), raised("abd-refused")])
    const asked = { _tag: "Acknowledge", id: "x", now, by: "cli:root" } as const
    assert.strictEqual(decide(state, { ...asked, alert: "ab" })._tag, "Rejected")
    assert.strictEqual(decide(state, { ...asked, alert: "b" })._tag, "Rejected")
    const one = decide(state, { ...asked, alert: "abc" })
    assert(one._tag === "Record")
    const seen = given(one.events, "a1", state)
    assert.deepStrictEqual(
      [ids(openAlerts(seen)), ids(unresolvedAlerts(seen))],
      [["abd-refused"], ["abc-recovered", "abd-refused"]]
    )
    const rest = decide(seen, { ...asked, alert: null })
    assert(rest._tag === "Record")
    const all = given(rest.events, "a1", seen)
    assert.deepStrictEqual(ids(openAlerts(all)), [])
    assert.strictEqual(decide(all, { ...asked, alert: null })._tag, "Nothing")
  })

  it("is resolved by a version that is committed, unless it is about a newer one", () => {
    const state = given([
      ...[raised("now"), raised("newer", "attempt", { version: "9.0.0+9.0.0", commit: "c" })],
      ...[raised("gate", "refused:disk"), raised("down", "unhealthy"), raised("settings", "config"), committed()]
    ])
    assert.deepStrictEqual(ids(unresolvedAlerts(state)), ["newer", "settings"])
    assert.include(alertsOf(state)[0]?.resolved?.by, v2.version)
  })

  it("of a failed upgrade is open until an upgrade succeeds; a rollback does not resolve its own alert", () => {
    const failed = upgraded(given(adopted()), false)
    assert.deepStrictEqual(
      ofType(failed.events, "AlertRaised").map(({ subject }) => subject),
      ["attempt"]
    )
    assert.lengthOf(openAlerts(failed.state), 1)
    const lifted = given([make("QuarantineLifted", { version: v2.version })], "a1", failed.state)
    const worked = upgraded(lifted, true)
    assert.strictEqual(worked.state.lastOutcome?.outcome, "committed")
    assert.lengthOf(openAlerts(worked.state), 0)
  })

  it("about an unhealthy app or missing data is resolved by a healthy rollback", () => {
    const back = (snapshot: string | null) => [
      make("RollbackStarted", {
        ...{ attempted: v2, lastGood: v1, snapshot, by: "operator", reason: "", plan: ["conclude"] }
      }),
      make("RolledBack", { attempted: v2, lastGood: v1, recovered: true, reason: "" })
    ]
    const start = given([raised("down", "unhealthy"), raised("gone", "data-missing"), raised("failed")])
    assert.deepStrictEqual(ids(unresolvedAlerts(given(back(null), "a1", start))), ["gone", "failed"])
    assert.deepStrictEqual(ids(unresolvedAlerts(given(back("s1"), "a1", start))), ["failed"])
  })

  it("is resolved by other events that show that its subject has recovered", () => {
    const state = given([
      raised("d", "drift"),
      raised("u", "unhealthy"),
      raised("r", "refused:disk"),
      raised("x", "refusedly")
    ])
    const events = resolveAlerts(state, ["drift", "refused"], "1.0.0 is running again")
    assert.deepStrictEqual(ids(unresolvedAlerts(given(events, "a1", state))), ["u", "x"])
  })

  it("costs the same for each event, however many there are", { timeout: 60_000 }, () => {
    const cpuMs = (many: number): number => {
      const before = process.cpuUsage()
      let state = initialStateOf("web")
      const put = (event: Event) => {
        state = evolve(state, { version: state.version + 1, at: iso(now), attempt: null, event })
      }
      put(sinks("file"))
      for (let n = 0; n < many; n++) put(raised(`a${n}`))
      for (let n = 0; n < many; n++) put(delivered(`a${n}`))
      assert.lengthOf(openAlerts(state), many)
      put(committed())
      assert.lengthOf(alertsOf(state), 0)
      const { user, system } = process.cpuUsage(before)
      return (user + system) / 1000
    }
    cpuMs(2000)
    const few = cpuMs(2000)
    // Ten times as many would cost a hundred times as much if each event went over all of them.
    assert.isBelow(cpuMs(20_000), Math.max(few, 20) * 40)
  })
})
