import { assert, describe, it } from "@effect/vitest"
import { unresolvedAlerts } from "../../../src/domain/alerts.ts"
import { type Event, make } from "../../../src/domain/Event.ts"
import { dispatchTo } from "../../../src/domain/letters.ts"
import { messageFrom } from "../../../src/domain/message.ts"
import { breakerEvents, breakerOf, closeBreaker } from "../../../src/domain/policy/breaker.ts"
import { type AppState, initialStateOf } from "../../../src/domain/State.ts"
import { iso } from "../../../src/domain/time.ts"
import { adopted, given, now, ref, v1 } from "../given.ts"

const upgraded = (outcome: "committed" | "recovered" | "unhealthy" | "refused", trigger = "reconciler") => [
  make("UpgradeAttempted", { from: v1, to: ref("2.0.0"), trigger, snapshot: "s", plan: ["deploy"] }),
  make("AttemptEnded", { outcome, why: "" })
]
const state = (...events: ReadonlyArray<Event>): AppState => given(events, "a2", given(adopted()))
const later = (minutes: number) => iso(now + minutes * 60_000)
/** As if its events were later. */
const at = (one: AppState, minutes: number): AppState => ({
  ...one,
  rollbacks: one.rollbacks.map((x) => ({ ...x, at: later(minutes) })),
  upgradedAt: one.upgradedAt === null ? null : later(minutes)
})

describe("the breaker of a host", () => {
  const bad = state(...upgraded("recovered"))
  const good = state(...upgraded("committed"))

  it("opens after so many automatic upgrades in a row that were rolled back, of any apps", () => {
    const open = (limit: number | null, ...apps: ReadonlyArray<AppState>) => breakerOf(apps, null, limit)?.length ?? 0
    const worse = state(...upgraded("recovered"), ...upgraded("unhealthy"))
    assert.strictEqual(worse.rollbacks.length, 2)
    assert.strictEqual(open(3, bad, bad), 0)
    assert.strictEqual(open(3, bad, bad, bad), 3)
    assert.strictEqual(open(3, bad, worse), 3)
    assert.strictEqual(open(null, bad, bad, bad), 0)
    assert.strictEqual(open(1, bad), 1)
    assert.strictEqual(open(3), 0)
  })

  it("does not count what an operator began, what was refused, and other kinds of attempts", () => {
    assert.isEmpty(state(...upgraded("recovered", "operator")).rollbacks)
    assert.isEmpty(state(...upgraded("refused")).rollbacks)
    const deploy = make("DeployAttempted", { from: null, to: v1, snapshot: "", plan: ["deploy"] })
    assert.isEmpty(state(deploy, make("AttemptEnded", { outcome: "unhealthy", why: "" })).rollbacks)
  })

  it("closes when an upgrade of any app is committed, also an operator's, or by an operator's word", () => {
    const three = [bad, bad, bad]
    assert.isNull(breakerOf([...three, at(good, 1)], null, 3))
    assert.isNull(breakerOf([...three, at(state(...upgraded("committed", "operator")), 1)], null, 3))
    assert.isNull(breakerOf(three, later(1), 3))
    assert.isNotNull(breakerOf([...three.map((one) => at(one, 2)), at(good, 1)], later(1), 3), "and counts again")
    assert.isEmpty(state(...upgraded("recovered"), ...upgraded("committed")).rollbacks)
  })

  it("raises one alert when it opens, and resolves it when it closes", () => {
    const breaker = breakerOf([bad, bad, bad], null, 3)
    const host = initialStateOf("_host")
    const raised = breakerEvents(host, breaker, iso(now)) ?? []
    assert.deepStrictEqual(
      raised.map(({ type }) => type),
      ["AlertRaised"]
    )
    const open = given(raised, "", host)
    const [alert] = unresolvedAlerts(open)
    assert.match(alert?.why ?? "", /^the last 3 automatic upgrades on this host were rolled back \(web 2\.0\.0, /)
    assert.match(alert?.next ?? "", /lastgood release _host/)
    const [letter] = dispatchTo(open, { name: "chat", level: "info" }).letters
    if (letter === undefined) return assert.fail("no message")
    assert.strictEqual(messageFrom("_host", "lastgood", letter).title, "lastgood: automatic upgrades are stopped")
    assert.isNull(breakerEvents(open, breaker, later(1)))
    assert.isNull(breakerEvents(host, null, later(1)))
    assert.isEmpty(unresolvedAlerts(given(breakerEvents(open, null, later(1)) ?? [], "", open)))
    const closed = given(closeBreaker(open), "", open)
    assert.isEmpty(unresolvedAlerts(closed))
    assert.isNotNull(closed.breakerClosedAt)
  })
})
