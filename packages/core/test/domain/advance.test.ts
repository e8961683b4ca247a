import { assert, describe, it } from "@effect/vitest"
import { advance } from "../../src/domain/advance.ts"
import { decide } from "../../src/domain/decide.ts"
import { type Event, make } from "../../src/domain/Event.ts"
import { evolve, type Recorded } from "../../src/domain/evolve.ts"
import { recorded, snapshotPlan, upgradePlan } from "../../src/domain/Plan.ts"
import type { Ref } from "../../src/domain/Ref.ts"
import { keptReleases } from "../../src/domain/retention.ts"
import { maxTries, retryAfterMs } from "../../src/domain/retries.ts"
import type { AppState } from "../../src/domain/State.ts"
import { iso } from "../../src/domain/time.ts"
import { adopted, drive, evidence, failure, given, now, offer, ofType, ref, upgradeCommand, v1, v2 } from "./given.ts"

const attempt = (state: AppState = given(adopted())): AppState => {
  const decision = decide(state, upgradeCommand())
  if (decision._tag !== "Begin") throw new Error(decision._tag)
  return given(decision.events, "a1", state)
}

const downSteps = ["undeploy", "snapshot"]
const upgradeSteps = upgradePlan.filter((s) => !(recorded as ReadonlyArray<string>).includes(s))

describe("an upgrade", () => {
  it("performs every step of its plan in order and makes the version the last good one", () => {
    const run = drive(attempt())
    assert.deepStrictEqual(
      run.performedSteps,
      upgradeSteps.map((s) => `forward/${s}`)
    )
    assert.deepStrictEqual(run.state.lastGood, v2)
    assert.deepStrictEqual(ofType(run.events, "UpgradeCommitted")[0]?.previous, v1)
    assert.strictEqual(run.state.lastOutcome?.outcome, "committed")
    assert.isNull(run.state.attempt)
  })

  it("whose prefetch fails is refused, quarantined and alerted, without touching the app", () => {
    const run = drive(attempt(), (step) => step !== "prefetch")
    assert.deepStrictEqual(run.performedSteps, ["forward/prefetch"])
    assert.deepStrictEqual(run.state.running, v1)
    assert.strictEqual(run.state.lastOutcome?.outcome, "refused")
    assert.strictEqual(run.state.quarantined[0]?.version, v2.version)
    assert.strictEqual(ofType(run.events, "AlertRaised")[0]?.recovered, true)
  })

  for (const failing of downSteps) {
    it(`that fails at ${failing}, before the new version touched the data, restarts the old version without a restore`, () => {
      const run = drive(attempt(), (step, direction) => !(step === failing && direction === "forward"))
      assert.deepStrictEqual(
        run.performedSteps.filter((s) => s.startsWith("back/")),
        ["back/deploy", "back/health", "back/tidy"]
      )
      assert.strictEqual(run.state.lastOutcome?.outcome, "recovered")
      assert.deepStrictEqual(run.state.running, v1)
      assert.deepStrictEqual(run.state.lastGood, v1)
    })
  }

  for (const failing of ["deploy", "health"]) {
    /** Verifies: LAW-2, LAW-5, LAW-8, LAW-10 */
    it(`that fails at ${failing} restores the snapshot before the old version starts`, () => {
      const run = drive(attempt(), (step, direction) => !(step === failing && direction === "forward"))
      const back = run.performedSteps.filter((s) => s.startsWith("back/"))
      assert.deepStrictEqual(back.slice(0, 5), [
        "back/stage",
        "back/undeploy",
        "back/restore",
        "back/deploy",
        "back/health"
      ])
      assert.strictEqual(run.state.lastOutcome?.outcome, "recovered")
      assert.deepStrictEqual([run.state.running, run.state.lastGood, run.state.data], [v1, v1, v1])
      assert.deepStrictEqual(
        run.state.quarantined.map((q) => q.version),
        [v2.version]
      )
      const [alert] = ofType(run.events, "AlertRaised")
      assert.deepStrictEqual([alert?.attempted, alert?.lastGood, alert?.recovered], [v2, v1, true])
    })
  }

  /** Verifies: LAW-2, LAW-9 */
  it("whose snapshot cannot be used is left down and never starts the old version", () => {
    const run = drive(attempt(), (step) => step !== "health" && step !== "stage")
    assert.notInclude(run.performedSteps, "back/deploy")
    assert.strictEqual(run.state.lastOutcome?.outcome, "left-down")
    assert.isNotNull(run.state.down)
    assert.isNull(run.state.running)
    assert.strictEqual(ofType(run.events, "AlertRaised").at(-1)?.recovered, false)
  })

  /** Verifies: LAW-9 */
  it("that was rolled back but is not healthy reports unhealthy, not recovered", () => {
    const run = drive(attempt(), (step) => step !== "health")
    assert.strictEqual(run.state.lastOutcome?.outcome, "unhealthy")
    assert.strictEqual(ofType(run.events, "RolledBack")[0]?.recovered, false)
    assert.deepStrictEqual(run.state.lastGood, v1)
  })

  it("retries a failing step of the rollback three times", () => {
    const run = drive(
      attempt(),
      (step, direction, nth) => !(step === "health" && direction === "forward") && !(step === "restore" && nth < 3)
    )
    assert.strictEqual(run.performedSteps.filter((s) => s === "back/restore").length, 3)
    assert.strictEqual(run.state.lastOutcome?.outcome, "recovered")
  })

  it("whose data cannot be restored is left down", () => {
    const run = drive(
      attempt(),
      (step, direction) => !(step === "health" && direction === "forward") && step !== "restore"
    )
    assert.strictEqual(run.state.lastOutcome?.outcome, "left-down")
    assert.notInclude(run.performedSteps, "back/deploy")
  })

  /** Verifies: LAW-2, LAW-10 */
  it("whose old version does not start on its restored or unchanged data names its deploy, never an older snapshot", () => {
    const older = make("SnapshotTaken", { snapshot: "s0", ...ref("0.9.0+1.0.0"), volumes: [], bytes: 0, quietMs: 0 })
    for (const failing of ["snapshot", "health"]) {
      const run = drive(attempt(given([older, ...adopted()])), (step, direction) =>
        direction === "forward" ? step !== failing : step !== "deploy"
      )
      assert.strictEqual(run.state.lastOutcome?.outcome, "left-down", failing)
      assert.deepStrictEqual(run.state.data, v1, failing)
      const next = ofType(run.events, "AlertRaised").at(-1)?.next ?? ""
      assert.match(next, /then lastgood deploy web$/, failing)
    }
  })

  it("stays committed if only the cleanup fails", () => {
    const run = drive(attempt(), (step) => step !== "seal")
    assert.strictEqual(run.state.lastOutcome?.outcome, "committed")
    assert.deepStrictEqual(run.state.lastGood, v2)
    assert.strictEqual(ofType(run.events, "AlertRaised").length, 1)
  })
})

describe("whatever fails, in any combination", () => {
  const cells = [
    ...upgradeSteps.map((s) => ["forward", s] as const),
    ...["stage", "undeploy", "restore", "deploy", "health", "seal", "tidy"].map((s) => ["back", s] as const)
  ]
  /** Verifies: LAW-2, LAW-5, LAW-9, LAW-10 */
  it("the attempt ends, old code never starts on new data, and every failure leaves an alert", () => {
    for (const [d1, s1] of cells) {
      for (const [d2, s2] of cells) {
        const run = drive(
          attempt(),
          (step, direction) => !((step === s1 && direction === d1) || (step === s2 && direction === d2))
        )
        const label = `${d1}/${s1} + ${d2}/${s2}`
        assert.isNull(run.state.attempt, label)
        const begun = run.performedSteps.indexOf("forward/deploy")
        const old = run.performedSteps.indexOf("back/deploy")
        if (begun >= 0 && old > begun) {
          assert.isTrue(
            run.events.some((e) => e.type === "SnapshotRestored"),
            label
          )
        }
        if (run.state.lastOutcome?.outcome !== "committed" || d1 === "forward") {
          assert.isAbove(ofType(run.events, "AlertRaised").length, 0, label)
        }
        if (run.state.lastOutcome?.outcome !== "committed") assert.deepStrictEqual(run.state.lastGood, v1, label)
      }
    }
  })
})

describe("a crash", () => {
  /** lastgood was killed so many times in a step of the upgrade, over so many minutes. */
  const ended = (step: string, times: number, minutes: number): AppState => {
    let state = attempt()
    for (const before of upgradeSteps.slice(0, upgradeSteps.indexOf(step as (typeof upgradeSteps)[number]))) {
      state = given([make("StepStarted", { step: before, try: 1 }), evidence(before, state)], "a1", state)
    }
    return Array.from({ length: times }).reduce<AppState>((at, _, i) => {
      const millis = now + (times < 2 ? 0 : (i * minutes * 60_000) / (times - 1))
      const event = make("StepStarted", { step, try: i + 1 })
      return evolve(at, { version: at.version + 1, at: iso(millis), attempt: "a1", event })
    }, state)
  }
  const cases: ReadonlyArray<readonly [step: string, times: number, minutes: number, deadline: number, last: boolean]> =
    [
      ["deploy", 3, 1, 5, false],
      ["deploy", 40, 14, 5, false],
      ["deploy", 4, 60 * 24, 5, false],
      ["deploy", 5, 15, 5, true],
      ["deploy", 5, 44, 15, false],
      ["deploy", 5, 45, 15, true],
      ["health", 40, 14, 5, false],
      ["health", 5, 15, 5, true],
      ["undeploy", 5, 15, 5, true],
      ["snapshot", 5, 15, 5, true],
      ["prefetch", 40, 60, 5, false]
    ]
  for (const [step, times, minutes, deadline, last] of cases) {
    /** Verifies: LAW-6, LAW-8 */
    it(`${times} times in ${step}, over ${minutes} min with a deadline of ${deadline} min, ${last ? "ends it" : "says nothing about the version"}`, () => {
      const state = ended(step, times, minutes)
      const decision = advance(state, now + minutes * 60_000, { deadlineMs: deadline * 60_000 })
      assert.strictEqual(decision._tag, last ? "Record" : "Perform")
      if (decision._tag !== "Record") return
      assert.strictEqual(ofType(decision.events, "StepFailed")[0]?.error, "Interrupted")
      const run = drive(given(decision.events, "a1", state))
      assert.strictEqual(run.state.lastOutcome?.outcome, "recovered")
      assert.deepStrictEqual(run.state.running, v1)
      assert.match(ofType(run.events, "AlertRaised")[0]?.why ?? "", /lastgood itself was killed \d+ times/)
      assert.strictEqual(run.state.quarantined[0]?.version, v2.version)
    })
  }

  /** Verifies: LAW-6 */
  it("after any event leaves a state from which the attempt ends as it would have", () => {
    for (const failing of ["", "undeploy", "deploy", "health"]) {
      const outcomes = (step: string, direction: string) => !(step === failing && direction === "forward")
      const start = attempt()
      const whole = drive(start, outcomes)
      for (let cut = 0; cut <= whole.events.length; cut++) {
        const resumed = drive(given(whole.events.slice(0, cut), "a1", start), outcomes)
        assert.strictEqual(
          resumed.state.lastOutcome?.outcome,
          whole.state.lastOutcome?.outcome,
          `${failing} cut at ${cut}`
        )
        assert.deepStrictEqual(resumed.state.running, whole.state.running)
        assert.deepStrictEqual(resumed.state.lastGood, whole.state.lastGood)
      }
    }
  })
})

describe("a failing step of a rollback", () => {
  /** An upgrade that failed its health gate, with its rollback begun. */
  const goingBack = (): AppState => {
    let state = attempt()
    for (const step of ["prefetch", "undeploy", "snapshot", "deploy"]) {
      state = given([make("StepStarted", { step, try: 1 }), evidence(step, state)], "a1", state)
    }
    state = given([make("StepStarted", { step: "health", try: 1 }), failure("health")], "a1", state)
    const decision = advance(state, now)
    if (decision._tag !== "Record") throw new Error(decision._tag)
    return given(decision.events, "a1", state)
  }
  const broken = (step: string, error: string): Event =>
    make("StepFailed", { step, error, reason: "the engine does not answer", next: "" })
  const restoring = ["stage", "undeploy", "restore", "deploy", "health"]

  /** Verifies: LAW-9 */
  it("is retried, so a temporary failure does not leave the app down", () => {
    for (const step of restoring) {
      const run = drive(
        goingBack(),
        (s, _, nth) => s !== step || nth >= maxTries,
        () => broken(step, "RuntimeFailed")
      )
      assert.strictEqual(run.state.lastOutcome?.outcome, "recovered", step)
      assert.strictEqual(run.performedSteps.filter((s) => s === `back/${step}`).length, maxTries, step)
    }
  })

  /** Verifies: LAW-2, LAW-9, LAW-10 */
  it("that never succeeds ends with an alert, and old code is not started on new data", () => {
    for (const step of restoring) {
      const run = drive(
        goingBack(),
        (s) => s !== step,
        () => broken(step, "RuntimeFailed")
      )
      // An app that could not be taken down is up, and is not reported as down.
      const isUp = step === "undeploy" || step === "health"
      assert.strictEqual(run.state.lastOutcome?.outcome, isUp ? "unhealthy" : "left-down", step)
      assert.strictEqual(run.state.down === null, isUp, step)
      assert.isFalse(
        ofType(run.events, "RolledBack").some(({ recovered }) => recovered),
        step
      )
      assert.isAbove(ofType(run.events, "AlertRaised").length, 0, step)
      if (["stage", "undeploy", "restore"].includes(step)) assert.notInclude(run.performedSteps, "back/deploy", step)
    }
  })

  it("is not retried if its answer is final: a damaged snapshot, an unhealthy app", () => {
    const damaged = drive(
      goingBack(),
      (s) => s !== "stage",
      () => broken("stage", "SnapshotDamaged")
    )
    assert.strictEqual(damaged.performedSteps.filter((s) => s === "back/stage").length, 1)
    assert.strictEqual(damaged.state.lastOutcome?.outcome, "left-down")
    const unhealthy = drive(goingBack(), (s) => s !== "health")
    assert.strictEqual(unhealthy.performedSteps.filter((s) => s === "back/health").length, 1)
    assert.strictEqual(unhealthy.state.lastOutcome?.outcome, "unhealthy")
  })

  it("restarts its count at the next step, and does not count a killed lastgood", () => {
    const died = given(
      Array.from({ length: maxTries + 2 }, (_, i) => make("StepStarted", { step: "stage", try: i + 1 })),
      "a1",
      goingBack()
    )
    const run = drive(
      died,
      (s, _, nth) => !restoring.includes(s) || nth >= 2,
      (step) => broken(step, "RuntimeFailed")
    )
    assert.strictEqual(run.state.lastOutcome?.outcome, "recovered")
  })

  it("waits longer before each retry", () => {
    assert.deepStrictEqual([0, 1, 2, 3, 9].map(retryAfterMs), [0, 1000, 5000, 25_000, 30_000])
  })
})

describe("adopted snapshots", () => {
  it("can be rolled back to, but do not make a version the last good one", () => {
    const found = make("SnapshotAdopted", {
      snapshot: "s0",
      ...v1,
      at: "2026-01-01T00:00:00Z",
      volumes: ["data"],
      bytes: 1
    })
    const state = given([found])
    assert.isNull(state.lastGood)
    const decision = decide(state, { _tag: "Rollback", id: "0199-attempt", now, snapshot: null, hazards: [] })
    if (decision._tag !== "Begin") throw new Error(decision._tag)
    const run = drive(given(decision.events, "a1", state))
    assert.strictEqual(run.state.lastOutcome?.outcome, "done")
    assert.deepStrictEqual([run.state.running, run.state.lastGood], [v1, v1])
  })
})

describe("without a name", () => {
  const taken = (snapshot: string, of: Ref) =>
    make("SnapshotTaken", { snapshot, ...of, volumes: [], bytes: 0, quietMs: 0 })
  const bad = ref("1.2.0+1.2.0")
  const failed = make("VersionQuarantined", { ...bad, reason: "503", failures: 1, until: null })

  it("rollback and restore choose the snapshot of a failed version only if there is no other", () => {
    for (const _tag of ["Rollback", "Restore"] as const) {
      const chosen = (events: ReadonlyArray<Event>) => {
        const decision = decide(given(events), { _tag, id: "0199-attempt", now, snapshot: null, hazards: [] })
        return decision._tag === "Begin" ? ofType(decision.events, "RollbackStarted")[0]?.snapshot : decision._tag
      }
      const history = [
        ...adopted(),
        taken("s1", v1),
        taken("s2", bad),
        failed,
        make("UpgradeCommitted", { ...v2, previous: v1 })
      ]
      assert.strictEqual(chosen(history), "s1", _tag)
      assert.strictEqual(chosen([...adopted(), taken("s2", bad), failed]), "s2", _tag)
    }
  })
})

describe("an attempt of an unknown kind from a newer lastgood", () => {
  const unknown = { unknown: true, type: "CanaryAttempted", v: 1, data: {} } as const
  const at = (version: number, attempt: string, event: Recorded["event"]) => ({ version, at: iso(now), attempt, event })
  const known = given(adopted())

  it("prevents another attempt until it ends", () => {
    const begun = evolve(known, at(2, "a9", unknown))
    const decision = decide(begun, upgradeCommand())
    assert.isTrue(decision._tag === "Rejected" && /newer lastgood/.test(decision.reason))
    assert.strictEqual(decide(begun, { _tag: "Hold", id: "x", now, reason: "audit", until: null })._tag, "Record")
    const ended = evolve(begun, at(3, "a9", make("AttemptEnded", { outcome: "committed", why: "" })))
    assert.strictEqual(decide(ended, upgradeCommand())._tag, "Begin")
  })

  it("is not confused with an unknown event inside a known attempt", () => {
    const begun = attempt()
    assert.isNull(evolve(begun, at(begun.version + 1, begun.attempt?.id ?? "", unknown)).foreignAttempt)
  })
})

describe("releases that may be started again", () => {
  it("are the running version and those of the data, the snapshots and the attempt", () => {
    const taken = make("SnapshotTaken", { snapshot: "s1", ...v1, volumes: [], bytes: 0, quietMs: 0 })
    const state = given([...adopted(), taken, make("UpgradeCommitted", { ...v2, previous: v1 })])
    const versions = (s: AppState) => [...new Set(keptReleases(s).map(({ version }) => version))].sort()
    assert.deepStrictEqual(versions(state), [v1.version, v2.version])
    assert.deepStrictEqual(versions({ ...state, snapshots: [] }), [v2.version])
    assert.deepStrictEqual(versions(attempt()), [v1.version, v2.version])
  })

  /** Verifies: LAW-2, LAW-4 */
  it("are, while the app is down, those of the data, the last good version and the rollback target", () => {
    const other = ref("1.2.0+1.2.0")
    const bare = { ...given(adopted()), running: null, snapshots: [] }
    const versions = (s: AppState) => keptReleases(s).map(({ version }) => version)
    assert.deepStrictEqual(versions({ ...bare, data: v2, lastGood: v1 }), [v2.version, v1.version])
    const plan = ["deploy"]
    const start = { attempted: v2, lastGood: other, snapshot: null, by: "operator", reason: "", plan } as const
    assert.include(versions(given([make("RollbackStarted", start)], "a1", bare)), other.version)
    const turned = versions(given([make("RollbackStarted", { ...start, by: "failure" })], "a1", attempt()))
    assert.includeMembers(turned, [v1.version, v2.version, other.version])
  })
})

describe("cleaning up", () => {
  /** Verifies: LAW-10 */
  it("that fails after a rollback keeps the result, and raises an alert of its own", () => {
    for (const step of ["seal", "tidy"]) {
      const run = drive(attempt(), (s, direction) => (direction === "forward" ? s !== "health" : s !== step))
      assert.strictEqual(run.state.lastOutcome?.outcome, "recovered")
      const alerts = ofType(run.events, "AlertRaised")
      assert.strictEqual(new Set(alerts.map(({ alert }) => alert)).size, 2)
      assert.match(alerts[1]?.why ?? "", new RegExp(`${step} failed after the rollback: broken`))
    }
  })
})

describe("an operator's rollback", () => {
  it("that cannot read its snapshot does not touch the app or quarantine its version", () => {
    const taken = make("SnapshotTaken", { snapshot: "s1", ...v1, volumes: [], bytes: 0, quietMs: 0 })
    const running = given([...adopted(), taken, make("UpgradeCommitted", { ...v2, previous: v1 })])
    const asked = decide(running, { _tag: "Rollback", id: "0199-attempt", now, snapshot: null, hazards: [] })
    assert.strictEqual(asked._tag, "Begin")
    if (asked._tag !== "Begin") return
    const run = drive(given(asked.events, "a2", running), (step) => step !== "stage")
    assert.deepStrictEqual(run.performedSteps, ["back/stage"])
    assert.strictEqual(run.state.lastOutcome?.outcome, "failed")
    assert.deepStrictEqual(run.state.quarantined, [])
    assert.deepStrictEqual(run.state.running, v2)
  })

  /** Verifies: LAW-8 */
  it("that cannot read its snapshot lifts the quarantine of the running version only", () => {
    const v3 = ref("1.2.0+1.2.0")
    const failed = make("VersionQuarantined", { ...v2, reason: "503", failures: 1, until: null })
    const taken = make("SnapshotTaken", { snapshot: "s1", ...v1, volumes: [], bytes: 0, quietMs: 0 })
    const deployed = make("Deployed", { ...v3, services: [], tookMs: 0 })
    const unproven = given([...adopted(v2), taken, deployed, failed])
    const asked = decide(unproven, { _tag: "Rollback", id: "0199-attempt", now, snapshot: "s1", hazards: [] })
    if (asked._tag !== "Begin") throw new Error(asked._tag)
    const run = drive(given(asked.events, "a2", unproven), (step) => step !== "stage")
    assert.deepStrictEqual(
      run.state.quarantined.map(({ version }) => version),
      [v2.version]
    )
  })
})

describe("an app without a last good version", () => {
  /** Verifies: LAW-5, LAW-10 */
  it("has one after a rollback, which the alert names", () => {
    const run = drive(attempt(given([make("Deployed", { ...v1, services: [], tookMs: 0 })])), (step, direction) => {
      return step !== "health" || direction === "back"
    })
    assert.deepStrictEqual(run.state.lastGood, v1)
    assert.deepStrictEqual(ofType(run.events, "AlertRaised")[0]?.lastGood, v1)
  })
})

/** Verifies: LAW-10 */
describe("a deploy of a running app", () => {
  const installed = given([
    make("DeployAttempted", { from: null, to: v1, snapshot: "s0", plan: ["deploy", "commit"] }),
    make("Deployed", { ...v1, services: [], tookMs: 0 }),
    make("UpgradeCommitted", { ...v1, previous: null }),
    make("AttemptEnded", { outcome: "committed", why: "" })
  ])
  const failing = (from: Ref | null) =>
    drive(
      given([make("DeployAttempted", { from, to: v1, snapshot: "s1", plan: upgradePlan })], "a2", installed),
      (step, direction) => direction !== "forward" || step !== "snapshot"
    )
  it("restarts the app as it was if nothing was touched", () => {
    const { state } = failing(v1)
    assert.deepStrictEqual([state.running, state.lastOutcome?.outcome], [v1, "recovered"])
  })
  it("reports left down if there is no version to restart", () => {
    const { state } = failing(null)
    assert.deepStrictEqual([state.running, state.lastOutcome?.outcome], [null, "left-down"])
    assert.include(state.down?.next, "lastgood deploy web")
  })
})

/** Verifies: LAW-10 */
describe("a deploy of the same version that fails repeatedly", () => {
  const plan = ["prefetch", "deploy", "health", "commit", "tidy"]
  const again = (id: string, from: AppState) =>
    drive(given([make("DeployAttempted", { from: v1, to: v1, snapshot: id, plan })], id, from), (s) => s !== "health")
  it("raises one alert until it succeeds, however often the daemon tries", () => {
    const first = again("a2", given(adopted()))
    const second = again("a3", first.state)
    assert.lengthOf(ofType(first.events, "AlertRaised"), 1)
    assert.lengthOf(ofType(second.events, "AlertRaised"), 0)
    const works = drive(
      given([make("DeployAttempted", { from: v1, to: v1, snapshot: "s4", plan })], "a4", second.state)
    )
    assert.lengthOf(ofType(again("a5", works.state).events, "AlertRaised"), 1)
  })
})

/** Verifies: LAW-15 */
describe("an upgrade whose data went missing", () => {
  it("does not quarantine a version", () => {
    const lost = (step: string): Event => make("StepFailed", { step, error: "DataLost", reason: "gone", next: "" })
    const { events } = drive(attempt(), (step, direction) => direction !== "forward" || step !== "snapshot", lost)
    assert.lengthOf(ofType(events, "VersionQuarantined"), 0)
  })
})

/** Verifies: LAW-10 */
describe("a snapshot of an app that should be running but is stopped", () => {
  it("leaves the app marked to be started", () => {
    const plan = snapshotPlan({ purpose: "manual", up: false, capture: true })
    const start = make("SnapshotAttempted", { of: v1, purpose: "manual", snapshot: "s2", plan })
    const { state } = drive(given([start], "a2", given(adopted())))
    assert.deepStrictEqual([state.running, state.down, state.lastOutcome?.outcome], [v1, null, "done"])
  })
})

describe("a first install that failed", () => {
  it("leaves data that belongs to no version, so the next install starts from nothing", () => {
    const asked = decide(given([]), {
      _tag: "Deploy",
      withoutVolumes: false,
      withoutData: false,
      envChanged: false,
      id: "0199-attempt",
      now,
      to: v1,
      observed: { present: false, converged: false, version: null, holdsData: true, drift: null },
      hazards: []
    })
    assert.strictEqual(asked._tag, "Begin")
    if (asked._tag !== "Begin") return
    const began = given(asked.events)
    const snapshot = began.attempt?.snapshot ?? ""
    const before = { snapshot, version: "unknown", commit: "", volumes: [], bytes: 0, quietMs: 0 }
    const run = drive(
      given(
        [make("StepDone", { step: "prefetch" }), make("StepDone", { step: "undeploy" }), make("SnapshotTaken", before)],
        "a1",
        began
      ),
      (step) => step !== "health"
    )
    assert.strictEqual(run.state.lastOutcome?.outcome, "left-down")
    assert.isNull(run.state.data)
    // What was taken before the first install belongs to no version: there is nothing to restore.
    assert.notInclude(ofType(run.events, "AlertRaised")[0]?.next ?? "lastgood restore", "lastgood restore")
  })
})

describe("quarantine", () => {
  /** Verifies: LAW-8 */
  it("grows with each failure of the same commit", () => {
    const once = drive(attempt(), (step) => step !== "health").state
    const until = once.quarantined[0]?.until ?? ""
    const later = Date.parse(until) + 1
    const again = decide(
      { ...once, running: v1, lastOutcome: null },
      upgradeCommand({ now: later, offers: [offer(v1.version), offer(v2.version)] })
    )
    assert.strictEqual(again._tag, "Begin")
    if (again._tag !== "Begin") return
    const twice = given([...again.events, failure("prefetch")], "a2", { ...once, running: v1 })
    const run = drive(twice)
    const second = run.state.quarantined[0]
    assert.strictEqual(second?.failures, 2)
    assert.isAbove(Date.parse(second?.until ?? "") - now, Date.parse(until) - now)
  })
})

describe("an unknown step", () => {
  it("in a plan of a newer lastgood stops this one and says what to do", () => {
    const state = given(
      [make("UpgradeAttempted", { from: v1, to: ref("9.0.0+9"), trigger: "t", snapshot: "s", plan: ["teleport"] })],
      "a1",
      given(adopted())
    )
    const run = drive(state)
    assert.strictEqual(run.decision._tag, "Rejected")
  })
})
