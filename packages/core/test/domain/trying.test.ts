import { assert, describe, it } from "@effect/vitest"
import type { Command } from "../../src/domain/Decision.ts"
import { decide } from "../../src/domain/decide.ts"
import { type Event, make } from "../../src/domain/Event.ts"
import { nextText } from "../../src/domain/Next.ts"
import { performed, rollbackPlan, tryPlan } from "../../src/domain/Plan.ts"
import { expiredAside, prunable } from "../../src/domain/retention.ts"
import { maxTries } from "../../src/domain/retries.ts"
import { type AppState, initialStateOf, phaseOf } from "../../src/domain/State.ts"
import { iso } from "../../src/domain/time.ts"
import { interruption, mayGoOn } from "../../src/domain/trying.ts"
import { adopted, day, drive, failure, given, now, ofType, ref, tryCommand, upgradeCommand, v1, v2 } from "./given.ts"

const running = given(adopted())
const branch = ref("4d81b7c09e2f")

const begun = (command: Command = tryCommand()): AppState => {
  const decision = decide(running, command)
  if (decision._tag !== "Begin") throw new Error(decision._tag)
  return given(decision.events, "a1", running)
}

const acts = (plan: ReadonlyArray<string>, direction: string) =>
  plan.filter((step) => Object.hasOwn(performed, step)).map((step) => `${direction}/${step}`)
const back = acts(rollbackPlan({ to: v1, snapshot: "s" }), "back")

/** Whatever the outcome of a try: the app is as it was, without an alert, a hold or a quarantine. */
const expectAsBefore = (state: AppState, events: ReadonlyArray<Event>, label = "") => {
  assert.deepStrictEqual([state.running, state.lastGood, state.data], [v1, v1, v1], label)
  assert.deepStrictEqual(state.quarantined, [], label)
  assert.deepStrictEqual(ofType(events, "AlertRaised"), [], label)
  assert.isNull(state.attempt, label)
  assert.isNull(state.refused, label)
}

describe("a try", () => {
  /** Verifies: LAW-2, LAW-5 */
  it("is an upgrade that is always rolled back: the last good version does not change", () => {
    const run = drive(begun())
    const forward = acts(tryPlan({ command: true }), "forward")
    assert.deepStrictEqual(run.performedSteps, [...forward, ...back])
    assert.strictEqual(forward.at(-1), "forward/command")
    assert.strictEqual(run.state.lastOutcome?.outcome, "done")
    assert.deepInclude(run.state.lastOutcome?.tried, { ...branch, interrupted: false })
    assert.deepStrictEqual(ofType(run.events, "UpgradeCommitted"), [])
    expectAsBefore(run.state, run.events)
  })

  it("needs no command: without one, the health gate decides", () => {
    const run = drive(begun(tryCommand({ program: null })))
    assert.notInclude(run.performedSteps, "forward/command")
    assert.strictEqual(run.state.lastOutcome?.outcome, "done")
  })

  it("has a phase of its own until the rollback", () => {
    assert.strictEqual(phaseOf(begun()), "trying")
  })

  /** Verifies: LAW-2, LAW-8, LAW-9 */
  it("distinguishes a failed command from a failed version, and rolls back both with the data", () => {
    for (const [failing, outcome] of [
      ["command", "failed"],
      ["health", "recovered"],
      ["deploy", "recovered"]
    ] as const) {
      const run = drive(begun(), (step, direction) => step !== failing || direction === "back")
      assert.deepStrictEqual(
        run.performedSteps.filter((s) => s.startsWith("back/")),
        back,
        failing
      )
      assert.strictEqual(run.state.lastOutcome?.outcome, outcome, failing)
      expectAsBefore(run.state, run.events, failing)
    }
  })

  it("that ends before the data was touched rolls back only the version, or nothing", () => {
    const untouched = drive(begun(), (step) => step !== "prefetch")
    assert.deepStrictEqual(untouched.performedSteps, ["forward/prefetch"])
    assert.strictEqual(untouched.state.lastOutcome?.outcome, "refused")
    expectAsBefore(untouched.state, untouched.events)
    for (const failing of ["undeploy", "snapshot"]) {
      const run = drive(begun(), (step, direction) => step !== failing || direction === "back")
      assert.notInclude(run.performedSteps, "back/restore")
      assert.strictEqual(run.state.lastOutcome?.outcome, "recovered")
      expectAsBefore(run.state, run.events, failing)
    }
  })

  /** Verifies: LAW-9, LAW-10 */
  it("whose rollback fails raises an alert that says how to restore version and data", () => {
    for (const failing of ["stage", "undeploy", "restore", "deploy", "health"]) {
      const broken = (step: string) =>
        make("StepFailed", { step, error: "RuntimeFailed", reason: "the engine does not answer", next: "" })
      const run = drive(
        begun(),
        (step, direction) => step !== failing || direction === "forward",
        (step) => (step === "health" ? failure(step) : broken(step))
      )
      assert.include(["left-down", "unhealthy"], run.state.lastOutcome?.outcome, failing)
      const [alert, ...more] = ofType(run.events, "AlertRaised")
      assert.deepStrictEqual(more, [], failing)
      assert.isFalse(alert?.recovered, failing)
      assert.deepStrictEqual(run.state.lastGood, v1, failing)
      assert.deepStrictEqual(run.state.quarantined, [], failing)
      if (failing === "restore") assert.match(alert?.next ?? "", /lastgood restore web --snapshot \S*attempt /)
      // What an operator cannot wait for (a rollback that he asked for) is tried again here: the app is not as it was.
      const times = run.performedSteps.filter((s) => s === `back/${failing}`).length
      assert.strictEqual(times, failing === "health" ? 1 : maxTries, failing)
    }
  })

  it("whose cleanup fails keeps its result and raises an alert", () => {
    const run = drive(begun(), (step) => step !== "tidy" && step !== "command")
    assert.strictEqual(run.state.lastOutcome?.outcome, "failed")
    assert.deepInclude(ofType(run.events, "AlertRaised")[0], { outcome: "failed", recovered: true })
  })
})

describe("a try whose lastgood was killed", () => {
  /** As another lastgood finds it: what the engine records before it asks what comes next. */
  const found = (state: AppState) => {
    const event = state.attempt === null ? null : interruption(state.app, state.attempt)
    return event === null ? { state, events: [] } : { state: given([event], "a1", state), events: [event] }
  }

  /** Verifies: LAW-2, LAW-6 */
  it("is rolled back from any step, and its command never runs again", () => {
    for (const failing of ["", "command", "health"]) {
      const start = begun()
      const whole = drive(start, (step, direction) => step !== failing || direction === "back")
      for (let cut = 0; cut <= whole.events.length; cut++) {
        const label = `${failing || "nothing"} fails, cut at ${cut}`
        const before = whole.events.slice(0, cut)
        const resumed = found(given(before, "a1", start))
        const run = drive(resumed.state)
        assert.notInclude(run.performedSteps, "forward/command", label)
        expectAsBefore(run.state, [...resumed.events, ...run.events], label)
        const restored = ofType([...before, ...run.events], "SnapshotRestored").length > 0
        const onNewData = before.some((e) => e.type === "StepStarted" && e.data.step === "deploy")
        assert.strictEqual(restored, onNewData, label)
        const ended = before.find((e) => e.type === "CommandEnded")
        if (ended !== undefined) assert.strictEqual(run.state.lastOutcome?.outcome, whole.state.lastOutcome?.outcome)
        else if (failing === "" && onNewData) assert.isTrue(run.state.lastOutcome?.tried?.interrupted, label)
      }
    }
  })

  it("does not run its command again, even if the interruption was not recorded", () => {
    const start = begun()
    const whole = drive(start)
    const cut = whole.events.findIndex((e) => e.type === "StepStarted" && e.data.step === "command") + 1
    const run = drive(given(whole.events.slice(0, cut), "a1", start))
    assert.notInclude(run.performedSteps, "forward/command")
    assert.strictEqual(run.state.lastOutcome?.outcome, "recovered")
  })

  it("does not block the next command once it is rolled back", () => {
    const attempt = begun().attempt
    const upgrade = begun(upgradeCommand()).attempt
    if (attempt === null || upgrade === null) throw new Error("no attempt")
    for (const outcome of ["done", "failed", "recovered", "refused"]) assert.isTrue(mayGoOn(attempt, outcome), outcome)
    for (const outcome of ["unhealthy", "left-down"]) assert.isFalse(mayGoOn(attempt, outcome), outcome)
    for (const outcome of ["failed", "recovered"]) assert.isFalse(mayGoOn(upgrade, outcome))
  })
})

describe("a try is begun", () => {
  const up = { present: true, converged: true, version: null, holdsData: true, drift: null }
  const asked = (state: AppState, over: Parameters<typeof tryCommand>[0] = {}) => decide(state, tryCommand(over))
  const quarantined = make("VersionQuarantined", { ...v2, reason: "503", failures: 1, until: null })

  /** Verifies: LAW-5 */
  it("only from the running last good version; otherwise the refusal says what to do", () => {
    const deployed = (to: typeof v1) => given([make("Deployed", { ...to, services: [], tookMs: 0 })], "a0", running)
    for (const [state, observed, next] of [
      [initialStateOf("web"), up, /promote/],
      [running, { ...up, present: false }, /deploy/],
      [running, { ...up, version: "7.0.0+7" }, /promote/],
      [running, { ...up, converged: false }, /doctor/],
      [deployed(v2), up, /promote.*rollback/],
      [deployed({ ...v1, commit: "moved" }), up, /promote.*rollback/]
    ] as const) {
      const decision = asked(state, { observed })
      assert.strictEqual(decision._tag, "Rejected")
      if (decision._tag === "Rejected") assert.match(nextText(state.app, decision.next), next)
    }
  })

  /** Verifies: LAW-2, LAW-14 */
  it("not while the app is held, with a hazard or with an older version, and raises no alert", () => {
    const held = given([make("AppHeld", { reason: "audit", until: iso(now + day) })], "a0", running)
    const hazard = { gate: "anonymous-volume", reason: "/data has no name", next: "name it" }
    for (const [decision, gate] of [
      [asked(held), "held"],
      [asked(running, { hazards: [hazard] }), "anonymous-volume"],
      [asked(running, { to: ref("0.9.0+1.0.0") }), "downgrade"]
    ] as const) {
      assert.deepInclude(decision, { _tag: "Refused", events: [] })
      if (decision._tag === "Refused") assert.strictEqual(decision.refusal.gate, gate)
    }
  })

  it("also with a quarantined version, the running version, and any commit", () => {
    for (const to of [v2, v1, branch]) {
      assert.strictEqual(asked(given([quarantined], "a0", running), { to })._tag, "Begin", to.version)
    }
  })
})

/** Verifies: LAW-3, LAW-4 */
describe("leftovers of tries", () => {
  const taken = (snapshot: string) => make("SnapshotTaken", { snapshot, ...v1, volumes: [], bytes: 0, quietMs: 0 })
  const tried = (state: AppState, n: number): AppState => {
    const decision = decide(state, tryCommand())
    if (decision._tag !== "Begin") throw new Error(decision._tag)
    const aside = make("DataSetAside", { volumes: [], until: iso(now + 7 * day) })
    const ended = make("AttemptEnded", { outcome: "done", why: "" })
    return given([...decision.events, taken(`try${n}`), aside, ended], `t${n}`, state)
  }

  it("do not displace earlier snapshots: only the newest is kept in addition", () => {
    let state = given([taken("s1"), taken("s2")], "a0", running)
    for (let n = 1; n <= 3; n++) state = tried(state, n)
    assert.deepStrictEqual(
      prunable(state, { keep: 2 }, 0).map(({ id }) => id),
      ["try1", "try2"]
    )
    assert.deepStrictEqual(
      prunable(state, { keep: 1 }, 0).map(({ id }) => id),
      ["s1", "try1", "try2"]
    )
    assert.deepStrictEqual(
      prunable(given([taken("s3")], "a9", state), { keep: 3 }, 0).map(({ id }) => id),
      ["try1", "try2", "try3"]
    )
  })

  it("are the data of the last try; data that a rollback set aside stays for its keep time", () => {
    const aside = make("DataSetAside", { volumes: [], until: iso(now + 7 * day) })
    let state = given([aside], "r1", running)
    for (let n = 1; n <= 3; n++) state = tried(state, n)
    assert.deepStrictEqual(expiredAside(state, now + day), ["t1", "t2"])
  })
})
