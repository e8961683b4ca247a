import { assert, describe, it } from "@effect/vitest"
import type { Command, Decision, Observed } from "../../src/domain/Decision.ts"
import { decide } from "../../src/domain/decide.ts"
import { make } from "../../src/domain/Event.ts"
import { nextText } from "../../src/domain/Next.ts"
import type { AppState } from "../../src/domain/State.ts"
import { initialStateOf } from "../../src/domain/State.ts"
import { statusOf } from "../../src/domain/status.ts"
import { iso } from "../../src/domain/time.ts"
import { adopted, day, given, now, offer, ofType, ref, upgradeCommand, v1, v2 } from "./given.ts"

const up = { present: true, converged: true, version: null, holdsData: true, drift: null }
const down = { present: false, converged: false, version: null, holdsData: true, drift: null }
const asked = { id: "0199-attempt", now }
const running = given(adopted())
const hazards = [{ gate: "anonymous-volume", reason: "/data has no name", next: "name it" }]

const gateOf = (decision: Decision): string => (decision._tag === "Refused" ? decision.refusal.gate : decision._tag)
const toOf = (decision: Decision): string | undefined =>
  decision._tag === "Begin" ? ofType(decision.events, "UpgradeAttempted")[0]?.to.version : decision._tag

const upgrade = (over: Partial<Parameters<typeof upgradeCommand>[0] & object> = {}, state: AppState = running) =>
  decide(state, upgradeCommand(over))

describe("upgrade", () => {
  it("chooses the newest version that the policy allows", () => {
    const offers = ["1.0.1+1.0.0", "1.2.0+1.0.0", "1.1.0+1.0.0", "2.0.0+1.0.0", "1.3.0+2.0.0"].map((v) => offer(v))
    assert.strictEqual(toOf(upgrade({ offers, policy: "patch" })), "1.0.1+1.0.0")
    assert.strictEqual(toOf(upgrade({ offers, policy: "minor" })), "1.2.0+1.0.0")
    assert.strictEqual(toOf(upgrade({ offers, policy: "major" })), "2.0.0+1.0.0")
    assert.strictEqual(gateOf(upgrade({ offers, policy: "manual" })), "policy")
  })

  /** Verifies: LAW-2 */
  it("chooses a version with an older app part only if it is named", () => {
    const state = given(adopted(ref("2.1.0+2.3.0")))
    const older = offer("2.1.1+2.2.19")
    assert.strictEqual(gateOf(upgrade({ offers: [older] }, state)), "older-app")
    assert.strictEqual(toOf(upgrade({ offers: [older, offer("2.1.2+2.3.1")] }, state)), "2.1.2+2.3.1")
    assert.strictEqual(toOf(upgrade({ offers: [older], to: older }, state)), older.version)
  })

  it("never takes another major of PostgreSQL by itself, whatever the policy is", () => {
    const state = given(adopted(ref("1-4f2a91c+db.pg=16.4,web=1.0.0")))
    const other = offer("3-4f2a91e+db.pg=17.0,web=2.0.0")
    const without = offer("2-4f2a91d+db.pg=16.4,web=2.0.0")
    const held = upgrade({ offers: [other], policy: "major" }, state)
    assert.strictEqual(gateOf(held), "database")
    assert.strictEqual(toOf(upgrade({ offers: [other, without], policy: "major" }, state)), without.version)
    assert.strictEqual(toOf(upgrade({ offers: [other], to: other }, state)), other.version)
  })

  it("has nothing to do at the newest version", () => {
    assert.strictEqual(upgrade({ offers: [offer(v1.version), offer("0.9.0+1")] })._tag, "Nothing")
    assert.strictEqual(upgrade({ offers: [] })._tag, "Nothing")
  })

  it("chooses a pre-release only if it is named", () => {
    const rc = offer("1.2.0-rc.1+1.0.0")
    assert.strictEqual(upgrade({ offers: [rc] })._tag, "Nothing")
    assert.strictEqual(toOf(upgrade({ offers: [rc], to: rc })), rc.version)
  })

  it("waits for the minimum age, unless the version was named", () => {
    const young = offer(v2.version, now - day)
    assert.strictEqual(gateOf(upgrade({ offers: [young], minimumAgeMs: 2 * day })), "minimum-age")
    assert.strictEqual(toOf(upgrade({ offers: [young], minimumAgeMs: day })), v2.version)
    assert.strictEqual(toOf(upgrade({ offers: [young], minimumAgeMs: 2 * day, to: young })), v2.version)
  })

  it("is held back by a release note from its version on, and chooses an earlier version", () => {
    const refusal = { gate: "release-note", reason: "you must", next: "read it" }
    const note = { version: "1.2.0+1.0.0", refusal }
    const offers = ["1.1.0+1.0.0", "1.2.0+1.0.0", "1.3.0+1.0.0"].map((v) => offer(v))
    assert.strictEqual(toOf(upgrade({ offers, note })), "1.1.0+1.0.0")
    assert.strictEqual(gateOf(upgrade({ offers: offers.slice(1), note })), "release-note")
    assert.strictEqual(gateOf(upgrade({ offers, note, to: offer("1.3.0+1.0.0") })), "release-note")
    assert.strictEqual(toOf(upgrade({ offers, note, to: offer("1.1.0+1.0.0") })), "1.1.0+1.0.0")
  })

  it("records which notes were accepted, after the start of the attempt", () => {
    const decision = upgrade({ acceptedNotes: [v2.version] })
    assert.deepStrictEqual(decision._tag === "Begin" ? decision.events.map(({ type }) => type) : [], [
      "UpgradeAttempted",
      "ReleaseNotesAccepted"
    ])
  })

  it("is refused while the app is held, until the hold is over", () => {
    const held = given([make("AppHeld", { reason: "audit", until: iso(now + day) })], "a0", running)
    assert.strictEqual(gateOf(upgrade({}, held)), "held")
    assert.strictEqual(gateOf(upgrade({ to: offer(v2.version) }, held)), "held")
    assert.strictEqual(toOf(upgrade({ now: now + 2 * day }, held)), v2.version)
  })

  /** Verifies: LAW-8 */
  it("skips a quarantined version until its time is over, its commit changes, or it is retried", () => {
    const bad = make("VersionQuarantined", { ...v2, reason: "503", failures: 1, until: iso(now + day) })
    const state = given([bad], "a0", running)
    assert.strictEqual(gateOf(upgrade({}, state)), "quarantine")
    assert.strictEqual(gateOf(upgrade({ to: offer(v2.version) }, state)), "quarantine")
    assert.strictEqual(gateOf(upgrade({ policy: "manual" }, state)), "quarantine", "before the policy")
    assert.strictEqual(toOf(upgrade({ now: now + 2 * day }, state)), v2.version)
    assert.strictEqual(toOf(upgrade({ offers: [{ ...offer(v2.version), commit: "moved" }] }, state)), v2.version)
    assert.strictEqual(toOf(upgrade({ offers: [offer(v2.version), offer("1.0.5+1.0.0")] }, state)), "1.0.5+1.0.0")
    assert.strictEqual(toOf(upgrade({ offers: [offer(v2.version), offer("1.1.1+1.1.0")] }, state)), "1.1.1+1.1.0")
    const retried = decide(state, { _tag: "Retry", ...asked, version: null })
    assert.strictEqual(retried._tag, "Record")
    if (retried._tag === "Record") assert.strictEqual(toOf(upgrade({}, given(retried.events, "a0", state))), v2.version)
  })

  /** Verifies: LAW-2 */
  it("never chooses an older version", () => {
    assert.strictEqual(gateOf(upgrade({ to: offer("0.9.0+1.0.0") })), "downgrade")
  })

  /** Verifies: LAW-14, LAW-10 */
  it("is refused for a hazard, once, with an alert", () => {
    const first = upgrade({ hazards })
    assert.strictEqual(gateOf(first), "anonymous-volume")
    if (first._tag !== "Refused") return
    assert.deepStrictEqual(
      first.events.map((e) => e.type),
      ["UpgradeRefused", "AlertRaised"]
    )
    const again = upgrade({ hazards }, given(first.events, "a0", running))
    assert.deepStrictEqual(again._tag === "Refused" && again.events, [])
  })

  /** Verifies: LAW-14 */
  it("is refused with all hazards at once, a common remedy named once", () => {
    const said = (more: typeof hazards) => {
      const decision = upgrade({ hazards: [...hazards, ...more] })
      return decision._tag === "Refused" ? [decision.refusal.reason, nextText("app", decision.refusal.next)] : []
    }
    assert.deepStrictEqual(said([]), ["/data has no name", "name it"])
    assert.deepStrictEqual(said([{ gate: "missing-file", reason: "x is missing", next: "make it" }]), [
      "(1) /data has no name; (2) x is missing",
      "(1) name it; (2) make it"
    ])
    const same = Array.from({ length: 13 }, (_, i) => ({ gate: "g", reason: `r${i}`, next: "name it" }))
    const [reason = "", next = ""] = said(same)
    assert.match(reason, /; \(12\) r10; and 2 more$/)
    assert.strictEqual(next, "name it; lastgood doctor app lists all")
  })

  /** Verifies: LAW-10 */
  for (const [gate, one, another] of [
    ["disk", "10 MB free, expected 100 MB", "12 MB free, expected 100 MB"],
    ["unhealthy", "http: got 500", "http: got 502"]
  ] as const) {
    it(`is refused once by the gate ${gate}, whatever it measures at each pass, and again for another version`, () => {
      const hazard = (reason: string) => [{ gate, reason, next: "" }]
      const first = upgrade({ hazards: hazard(one) })
      assert.strictEqual(first._tag === "Refused" && first.events.length, 2)
      if (first._tag !== "Refused") return
      const told = given(first.events, "a0", running)
      const again = upgrade({ hazards: hazard(another) }, told)
      assert.deepStrictEqual(again._tag === "Refused" && again.events, [])
      const newer = upgrade({ hazards: hazard(another), offers: [offer("1.1.1+1.1.0")] }, told)
      assert.strictEqual(newer._tag === "Refused" && newer.events.length, 2)
    })
  }

  /** Verifies: LAW-14 */
  it("is held back by a gate of its plugin, without an alert", () => {
    const held = upgrade({ gates: [{ gate: "plugin:jobs", reason: "3 jobs run", next: "wait" }] })
    assert.strictEqual(gateOf(held), "plugin:jobs")
    assert.deepStrictEqual(held._tag === "Refused" && held.events.map(({ type }) => type), ["UpgradeRefused"])
  })

  it("is refused if somebody else changed the app", () => {
    assert.strictEqual(upgrade({ observed: down })._tag, "Rejected")
    assert.strictEqual(upgrade({ observed: { ...up, version: "7.0.0+7" } })._tag, "Rejected")
    assert.strictEqual(upgrade({}, initialStateOf("web"))._tag, "Rejected")
  })
})

describe("deploy", () => {
  const command = (to = v1, over: Partial<Extract<Command, { _tag: "Deploy" }>> = {}): Command => ({
    _tag: "Deploy",
    withoutVolumes: false,
    withoutData: false,
    envChanged: false,
    ...asked,
    to,
    observed: down,
    hazards: [],
    ...over
  })
  const stopped = given([make("Undeployed", { removed: [], quietAfterMs: 0 })], "a0", running)

  it("starts a first install", () => {
    const decision = decide(initialStateOf("web"), command())
    assert.strictEqual(decision._tag, "Begin")
  })

  /** Verifies: LAW-2 */
  it("repeats a failed first install with an older version only if its data was removed", () => {
    const failed = given(
      [
        make("DeployAttempted", { from: null, to: v2, snapshot: "s1", plan: ["deploy"] }),
        make("AttemptEnded", { outcome: "failed", why: "x" })
      ],
      "a0",
      { ...initialStateOf("web"), data: v2 }
    )
    assert.strictEqual(decide({ ...failed, data: v2, attempt: null }, command(v1))._tag, "Rejected")
    const anew = decide({ ...failed, data: v2, attempt: null }, command(v1, { withoutVolumes: true }))
    assert.strictEqual(anew._tag === "Begin" && ofType(anew.events, "DeployAttempted")[0]?.from, null)
    // Data that a snapshot holds is not given up so.
    const taken = make("SnapshotTaken", { snapshot: "s1", ...v1, volumes: [], bytes: 1, quietMs: 1 })
    const kept = { ...given([taken], "a0", stopped), data: v2 }
    assert.strictEqual(decide(kept, command(v1, { withoutVolumes: true }))._tag, "Rejected")
  })

  it("ends the wait for its version and older ones, but not for newer ones", () => {
    const refusal = { gate: "missing-secret", reason: "the secret is not there", next: "make it" }
    const waiting = (to: typeof v1) => given([make("UpgradeRefused", { from: null, to, ...refusal })], "a0", stopped)
    const begun = make("DeployAttempted", { from: v1, to: v1, snapshot: "", plan: ["deploy"] })
    const ended = make("AttemptEnded", { outcome: "done", why: "" })
    const waitsFor = (state: AppState) => statusOf("web", state, now).waitingFor
    assert.isNull(waitsFor(given([begun, ended], "a1", waiting(v1))))
    assert.isNull(waitsFor(given(adopted(v2), "a1", waiting(v1))))
    assert.isNotNull(waitsFor(given([begun, ended], "a1", waiting(v2))))
    assert.isNotNull(waitsFor(given(adopted(v1), "a1", waiting(v2))))
  })

  it("takes a snapshot before another version starts on existing data, but not for the same version", () => {
    const plan = (to: typeof v1) => {
      const decision = decide(stopped, command(to))
      return decision._tag === "Begin" ? (ofType(decision.events, "DeployAttempted")[0]?.plan ?? []) : []
    }
    assert.include(plan(v2), "snapshot")
    assert.notInclude(plan(v1), "snapshot")
    assert.include(plan(v1), "health")
  })

  /** Verifies: LAW-14 */
  it("is refused for a hazard", () => {
    assert.strictEqual(gateOf(decide(stopped, command(v2, { hazards }))), "anonymous-volume")
  })

  /** Verifies: LAW-2 */
  it("never starts an older version on newer data", () => {
    assert.strictEqual(decide(stopped, command(ref("0.9.0+1.0.0")))._tag, "Rejected")
  })

  it("does nothing if the version is running, and points to upgrade if another one is running", () => {
    assert.strictEqual(decide(running, command(v1, { observed: up }))._tag, "Nothing")
    assert.strictEqual(decide(running, command(v2, { observed: up }))._tag, "Rejected")
    assert.strictEqual(decide(initialStateOf("web"), command(v1, { observed: up }))._tag, "Rejected")
  })
})

describe("rollback and restore", () => {
  const taken = (id: string, version: typeof v1) =>
    make("SnapshotTaken", { snapshot: id, ...version, volumes: [], bytes: 1, quietMs: 1 })
  const rollback = (state: AppState, snapshot: string | null = null) =>
    decide(state, { _tag: "Rollback", ...asked, snapshot, hazards: [] })
  const target = (decision: Decision) =>
    decision._tag === "Begin" ? ofType(decision.events, "RollbackStarted")[0]?.snapshot : decision._tag
  const upgraded = given(
    [taken("s1", v1), make("UpgradeCommitted", { ...v2, previous: v1 }), taken("s2", v2)],
    "a0",
    running
  )

  it("returns to the previous version, and the daemon does not upgrade again", () => {
    const decision = rollback(upgraded)
    assert.strictEqual(target(decision), "s1")
    if (decision._tag !== "Begin") return
    assert.deepStrictEqual(
      ofType(decision.events, "VersionQuarantined").map((q) => [q.version, q.until]),
      [[v2.version, null]]
    )
  })

  it("of a version that was left down return to the last good one", () => {
    const left = given([make("StepStarted", { step: "deploy", try: 1 })], "a9", {
      ...upgraded,
      attempt: null,
      data: ref("1.2.0+1.2.0"),
      running: null
    })
    assert.strictEqual(target(rollback(left)), "s2")
  })

  it("use the named snapshot, otherwise skip a damaged one", () => {
    assert.strictEqual(target(rollback(upgraded, "s2")), "s2")
    assert.strictEqual(target(rollback(upgraded, "nope")), "Rejected")
    const damaged = given(
      [make("SnapshotVerified", { snapshot: "s1", ok: false, problems: ["x"], volumes: [] })],
      "a0",
      upgraded
    )
    assert.strictEqual(target(rollback(damaged)), "Rejected")
    assert.strictEqual(target(decide(upgraded, { _tag: "Restore", ...asked, snapshot: null, hazards: [] })), "s2")
  })

  /** Verifies: LAW-14 */
  it("do not begin while somebody else uses the data, and record nothing", () => {
    const refusal = { gate: "held-volume", reason: "somebody else holds its data", next: "close it" }
    for (const _tag of ["Rollback", "Restore"] as const) {
      const decision = decide(upgraded, { _tag, ...asked, snapshot: null, hazards: [refusal] })
      assert.deepStrictEqual(decision, { _tag: "Refused", refusal, events: [] })
    }
  })

  it("need a snapshot", () => {
    assert.strictEqual(target(rollback(running)), "Rejected")
  })

  /** Verifies: LAW-8 */
  it("to the data of the running version quarantine nothing", () => {
    const decision = decide(upgraded, { _tag: "Restore", ...asked, snapshot: null, hazards: [] })
    assert.deepStrictEqual(decision._tag === "Begin" && decision.events.map(({ type }) => type), ["RollbackStarted"])
  })

  /** Verifies: LAW-2 */
  it("never return to the data from before the first install, because no version belongs to it", () => {
    const nothing = { snapshot: "s0", version: "unknown", commit: "", volumes: [], bytes: 0, quietMs: 0 }
    const fresh = given([make("SnapshotTaken", nothing), make("UpgradeCommitted", { ...v1, previous: null })])
    assert.strictEqual(target(rollback(fresh)), "Rejected")
    assert.strictEqual(target(rollback(fresh, "s0")), "Rejected")
    assert.strictEqual(target(decide(fresh, { _tag: "Restore", ...asked, snapshot: null, hazards: [] })), "Rejected")
  })
})

describe("retry", () => {
  /** Verifies: LAW-8 */
  it("lifts the quarantine of the named version, or of all", () => {
    const bad = (version: string) =>
      make("VersionQuarantined", { ...ref(version), reason: "503", failures: 1, until: null })
    const state = given([bad("1.1.0+1"), bad("1.2.0+1")], "a0", running)
    const lifted = (version: string | null) => {
      const decision = decide(state, { _tag: "Retry", ...asked, version })
      return decision._tag === "Record" ? ofType(decision.events, "QuarantineLifted").map((q) => q.version) : []
    }
    assert.deepStrictEqual(lifted("1.2.0+1"), ["1.2.0+1"])
    assert.deepStrictEqual(lifted(null), ["1.1.0+1", "1.2.0+1"])
    assert.deepStrictEqual(lifted("1.2.0"), ["1.2.0+1"])
    assert.deepStrictEqual(lifted("1.3.0+1"), [])
  })

  it("rejects a name that is none, or several, of the quarantined versions, and names them", () => {
    const bad = (version: string) =>
      make("VersionQuarantined", { ...ref(version), reason: "503", failures: 1, until: null })
    const state = given([bad("1.1.0+1"), bad("1.2.0+1")], "a0", running)
    for (const version of ["1.3.0", "1"]) {
      const decision = decide(state, { _tag: "Retry", ...asked, version })
      assert.include(JSON.stringify(decision), "name one of them: 1.1.0+1 or 1.2.0+1")
    }
  })
})

describe("snapshot", () => {
  const snapshot = (observed: Observed) => decide(running, { _tag: "Snapshot", ...asked, observed, hazards })

  /** Verifies: LAW-14 */
  it("is refused for a hazard only while the app runs", () => {
    assert.strictEqual(gateOf(snapshot(up)), "anonymous-volume")
    assert.strictEqual(snapshot(down)._tag, "Begin")
  })

  /** Verifies: LAW-15 */
  it("is refused for a filter that leaves out the data, also while the app is down", () => {
    const filtered = [...hazards, { gate: "filter", reason: "all of it", next: "correct it" }]
    const decision = decide(running, { _tag: "Snapshot", ...asked, observed: down, hazards: filtered })
    assert.strictEqual(gateOf(decision), "filter")
  })
})

describe("promote", () => {
  const promote = (observed: Observed, state: AppState = initialStateOf("web")) =>
    decide(state, {
      _tag: "Promote",
      ...asked,
      of: v1,
      observed,
      capture: true,
      teardown: false,
      withoutData: false,
      hazards: []
    })

  /** Verifies: LAW-5 */
  it("checks the health of the running app before it takes the app down", () => {
    const decision = promote(up)
    const plan = decision._tag === "Begin" ? ofType(decision.events, "SnapshotAttempted")[0]?.plan : []
    assert.strictEqual(plan?.[0], "check")
  })

  /** Verifies: LAW-14 */
  it("is refused for a hazard only if it takes a snapshot", () => {
    const asks = (capture: boolean) =>
      decide(running, {
        _tag: "Promote",
        ...asked,
        of: v1,
        observed: up,
        capture,
        teardown: false,
        withoutData: false,
        hazards
      })
    assert.strictEqual(gateOf(asks(true)), "anonymous-volume")
    assert.strictEqual(asks(false)._tag, "Begin")
  })

  it("refuses an app that is down or reports another version", () => {
    assert.strictEqual(promote(down)._tag, "Rejected")
    assert.strictEqual(
      promote({ present: true, converged: true, version: "9.9.9+1", holdsData: true, drift: null })._tag,
      "Rejected"
    )
  })
})

describe("an app that differs from the log", () => {
  const changed: Observed = { ...up, drift: { kind: "drift", what: ["web: expected 1, found 2"], usedBy: null } }
  const lost: Observed = { ...down, drift: { kind: "data-missing", what: ["volume data is gone"], usedBy: null } }
  const deploy = (observed: Observed, withoutData = false) =>
    decide(running, {
      _tag: "Deploy",
      ...asked,
      ...{ to: v1, observed, withoutVolumes: false, withoutData, envChanged: false, hazards: [] }
    })

  /** Verifies: LAW-2, LAW-16 */
  it("does not allow old code on data that newer code may have changed", () => {
    const drift = (usedBy: string): Observed => ({ ...up, drift: { kind: "drift", what: ["web: 2 runs"], usedBy } })
    assert.strictEqual(gateOf(deploy(drift(v2.version))), "drift")
    assert.strictEqual(deploy(drift("0.9.0+0.9.0"))._tag, "Begin")
  })

  /** Verifies: LAW-2, LAW-15 */
  it("gives up only missing data, and keeps the age of the other volumes", () => {
    assert.strictEqual(deploy(down, true)._tag, "Rejected")
    assert.strictEqual(deploy(changed, true)._tag, "Rejected")
    const promote = { ...asked, of: v1, observed: changed, capture: false, teardown: false, hazards: [] }
    assert.strictEqual(decide(running, { _tag: "Promote", ...promote, withoutData: true })._tag, "Rejected")
    const older = (observed: Observed) =>
      decide(running, {
        _tag: "Deploy",
        ...asked,
        ...{
          to: ref("0.9.0+0.9.0"),
          observed,
          withoutVolumes: false,
          withoutData: true,
          envChanged: false,
          hazards: []
        }
      })
    assert.strictEqual(older({ ...lost, holdsData: true })._tag, "Rejected")
    assert.strictEqual(older({ ...lost, holdsData: false })._tag, "Begin")
    // Nor later, when the deploy without it has failed.
    const again = deploy({ ...lost, holdsData: true }, true)
    const events = again._tag === "Begin" ? again.events : []
    assert.deepStrictEqual(given(events, "a2", running).data, running.data)
  })

  /** Verifies: LAW-16 */
  it("refuses an upgrade, a snapshot and a try", () => {
    const snapshot = decide(running, { _tag: "Snapshot", ...asked, observed: changed, hazards: [] })
    const tried = decide(running, { _tag: "Try", ...asked, to: v2, program: null, observed: changed, hazards: [] })
    assert.deepStrictEqual([upgrade({ observed: changed }), snapshot, tried].map(gateOf), ["drift", "drift", "drift"])
  })

  /** Verifies: LAW-16 */
  it("is corrected by deploy, with a snapshot that names no version", () => {
    const decision = deploy(changed)
    const attempt = decision._tag === "Begin" ? ofType(decision.events, "DeployAttempted")[0] : undefined
    assert.deepStrictEqual([attempt?.from, attempt?.plan.includes("snapshot")], [null, true])
  })

  /** Verifies: LAW-15 */
  it("is deployed without its data only if an operator says so", () => {
    assert.strictEqual(gateOf(deploy(lost)), "data-missing")
    const decision = deploy(lost, true)
    assert.lengthOf(decision._tag === "Begin" ? ofType(decision.events, "DataGivenUp") : [], 1)
  })

  /** Verifies: LAW-15 */
  it("is promoted without its data only if an operator says so", () => {
    const promote = (withoutData: boolean) =>
      decide(running, {
        _tag: "Promote",
        ...asked,
        ...{ of: v1, observed: { ...lost, present: true }, capture: false, teardown: false, withoutData, hazards: [] }
      })
    assert.strictEqual(gateOf(promote(false)), "data-missing")
    assert.strictEqual(promote(true)._tag, "Begin")
  })
})
