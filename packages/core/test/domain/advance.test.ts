import { assert, describe, it } from "@effect/vitest"
import { decide } from "../../src/domain/decide.ts"
import { make } from "../../src/domain/Event.ts"
import { recorded, upgradePlan } from "../../src/domain/Plan.ts"
import type { AppState } from "../../src/domain/State.ts"
import { adopted, drive, failure, given, now, offer, ofType, ref, upgradeCommand, v1, v2 } from "./given.ts"

const attempt = (state: AppState = given(adopted())): AppState => {
  const decision = decide(state, upgradeCommand())
  if (decision._tag !== "Record") throw new Error(decision._tag)
  return given(decision.events, "a1", state)
}

const downSteps = ["undeploy", "snapshot"]
const upgradeSteps = upgradePlan.filter((s) => !(recorded as ReadonlyArray<string>).includes(s))

describe("an upgrade", () => {
  it("takes every step of its plan in order and moves the last good version", () => {
    const run = drive(attempt())
    assert.deepStrictEqual(
      run.performedSteps,
      upgradeSteps.map((s) => `forward/${s}`)
    )
    assert.deepStrictEqual(run.state.lastGood, v2)
    assert.strictEqual(run.state.lastOutcome?.outcome, "committed")
    assert.isNull(run.state.attempt)
  })

  it("that cannot be prefetched leaves the app untouched, refused, quarantined and alerted", () => {
    const run = drive(attempt(), (step) => step !== "prefetch")
    assert.deepStrictEqual(run.performedSteps, ["forward/prefetch"])
    assert.deepStrictEqual(run.state.running, v1)
    assert.strictEqual(run.state.lastOutcome?.outcome, "refused")
    assert.strictEqual(run.state.quarantined[0]?.version, v2.version)
    assert.strictEqual(ofType(run.events, "AlertRaised")[0]?.recovered, true)
  })

  for (const failing of downSteps) {
    it(`that fails at ${failing}, before the new version touched the data, brings the old one back without a restore`, () => {
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
  it("that went back but is not healthy says so, and not that it recovered", () => {
    const run = drive(attempt(), (step) => step !== "health")
    assert.strictEqual(run.state.lastOutcome?.outcome, "unhealthy")
    assert.strictEqual(ofType(run.events, "RolledBack")[0]?.recovered, false)
    assert.deepStrictEqual(run.state.lastGood, v1)
  })

  it("tries a failing step of the way back three times", () => {
    const run = drive(
      attempt(),
      (step, direction, nth) => !(step === "health" && direction === "forward") && !(step === "restore" && nth < 3)
    )
    assert.strictEqual(run.performedSteps.filter((s) => s === "back/restore").length, 3)
    assert.strictEqual(run.state.lastOutcome?.outcome, "recovered")
  })

  it("whose data cannot be put back is left down", () => {
    const run = drive(
      attempt(),
      (step, direction) => !(step === "health" && direction === "forward") && step !== "restore"
    )
    assert.strictEqual(run.state.lastOutcome?.outcome, "left-down")
    assert.notInclude(run.performedSteps, "back/deploy")
  })

  it("stays committed when only cleaning up fails", () => {
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
  it("between a step's intent and its evidence makes the step run again, until it counts as failed", () => {
    const start = attempt()
    const crashed = given(
      [1, 2, 3].map((n) => make("StepStarted", { step: "undeploy", try: n })),
      "a1",
      given([make("Prefetched", { ...v2, images: [], volumes: [], needBytes: 0, freeBytes: 0 })], "a1", start)
    )
    const run = drive(crashed)
    assert.strictEqual(ofType(run.events, "StepFailed")[0]?.error, "Interrupted")
    assert.strictEqual(run.state.lastOutcome?.outcome, "recovered")
  })

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

describe("cleaning up", () => {
  /** Verifies: LAW-10 */
  it("that fails after a way back leaves the result as it was, and an alert of its own", () => {
    for (const step of ["seal", "tidy"]) {
      const run = drive(attempt(), (s, direction) => (direction === "forward" ? s !== "health" : s !== step))
      assert.strictEqual(run.state.lastOutcome?.outcome, "recovered")
      const alerts = ofType(run.events, "AlertRaised")
      assert.strictEqual(new Set(alerts.map(({ alert }) => alert)).size, 2)
      assert.match(alerts[1]?.why ?? "", new RegExp(`${step} failed: broken`))
    }
  })
})

describe("an operator's rollback", () => {
  it("that cannot read its snapshot leaves the app as it is, and its version out of quarantine", () => {
    const taken = make("SnapshotTaken", { snapshot: "s1", ...v1, volumes: [], bytes: 0, quietMs: 0 })
    const running = given([...adopted(), taken, make("UpgradeCommitted", { ...v2, previous: v1 })])
    const asked = decide(running, { _tag: "Rollback", id: "0199-attempt", now, snapshot: null })
    assert.strictEqual(asked._tag, "Record")
    if (asked._tag !== "Record") return
    const run = drive(given(asked.events, "a2", running), (step) => step !== "stage")
    assert.deepStrictEqual(run.performedSteps, ["back/stage"])
    assert.strictEqual(run.state.lastOutcome?.outcome, "failed")
    assert.deepStrictEqual(run.state.quarantined, [])
    assert.deepStrictEqual(run.state.running, v2)
  })
})

describe("a first install that failed", () => {
  it("leaves data that belongs to no version: the next install starts from nothing", () => {
    const asked = decide(given([]), {
      _tag: "Deploy",
      id: "0199-attempt",
      now,
      to: v1,
      observed: { present: false, converged: false, version: null },
      hazards: []
    })
    assert.strictEqual(asked._tag, "Record")
    if (asked._tag !== "Record") return
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
    assert.strictEqual(again._tag, "Record")
    if (again._tag !== "Record") return
    const twice = given([...again.events, failure("prefetch")], "a2", { ...once, running: v1 })
    const run = drive(twice)
    const second = run.state.quarantined[0]
    assert.strictEqual(second?.failures, 2)
    assert.isAbove(Date.parse(second?.until ?? "") - now, Date.parse(until) - now)
  })
})

describe("an unknown step", () => {
  it("in a plan that a newer lastgood wrote stops this one, with a word on what to do", () => {
    const state = given(
      [make("UpgradeAttempted", { from: v1, to: ref("9.0.0+9"), trigger: "t", snapshot: "s", plan: ["teleport"] })],
      "a1",
      given(adopted())
    )
    const run = drive(state)
    assert.strictEqual(run.decision._tag, "Rejected")
  })
})
