import { assert, describe, it } from "@effect/vitest"
import { advance } from "../../src/domain/advance.ts"
import { decide } from "../../src/domain/decide.ts"
import { type Event, make } from "../../src/domain/Event.ts"
import { type AppState, phaseOf } from "../../src/domain/State.ts"
import { statusOf } from "../../src/domain/status.ts"
import { isForRoom, noRoomError, triesForRoom } from "../../src/domain/waiting.ts"
import { adopted, drive, failure, given, now, ofType, type Run, tryCommand, upgradeCommand, v1, v2 } from "./given.ts"

const begun = (command = upgradeCommand() as Parameters<typeof decide>[1]): AppState => {
  const state = given(adopted())
  const decision = decide(state, command)
  if (decision._tag !== "Begin") throw new Error(decision._tag)
  return given(decision.events, "a1", state)
}

const noRoom = (step: string): Event =>
  step === "deploy"
    ? make("DeployFailed", { ...v1, reason: "mkdir: no space left on device", next: "" })
    : make("StepFailed", { step, error: noRoomError, reason: "36 MB are free", next: "free 812 MB, then try again" })

/** The disk is full from the first step of the rollback on, as long as `isFull`. */
const run = (start: AppState, waitsAt: string, isFull = true): Run =>
  drive(
    start,
    (step, direction) =>
      direction === "forward" ? step !== "health" && step !== "command" : !(isFull && step === waitsAt),
    (step) => (step === "health" || step === "command" ? failure(step) : noRoom(step))
  )

/** What a later run does first. */
const resumed = (state: AppState, waitsAt: string, isFull: boolean): Run => {
  const decision = advance(state, now, { isResumed: true })
  if (decision._tag !== "Perform") throw new Error(decision._tag)
  const tried = given([decision.intent], "a1", state)
  return isFull ? run(given([noRoom(waitsAt)], "a1", tried), waitsAt) : run(tried, waitsAt, false)
}

describe("a rollback without enough disk space", () => {
  for (const waitsAt of ["stage", "restore", "deploy"]) {
    /** Verifies: LAW-2, LAW-9, LAW-10 */
    it(`waits at ${waitsAt} with the app down and one alert, however often it is retried, and then recovers`, () => {
      let { state, events, decision, performedSteps } = run(begun(), waitsAt)
      assert.strictEqual(decision._tag, "Wait")
      assert.strictEqual(phaseOf(state), "rolling-back")
      assert.isNull(state.running)
      assert.isTrue(performedSteps.includes("back/undeploy"))
      assert.strictEqual(performedSteps.filter((s) => s === `back/${waitsAt}`).length % triesForRoom, 0)
      const alerts = [...ofType(events, "AlertRaised")]
      for (let i = 0; i < 3; i++) {
        const again = resumed(state, waitsAt, true)
        assert.strictEqual(again.decision._tag, "Wait")
        assert.deepStrictEqual(again.performedSteps, [])
        alerts.push(...ofType(again.events, "AlertRaised"))
        state = again.state
      }
      assert.deepStrictEqual(
        alerts.map(({ outcome, recovered }) => ({ outcome, recovered })),
        [{ outcome: "left-down", recovered: false }]
      )
      assert.match(alerts[0]?.next ?? "", /the daemon then continues automatically/)
      assert.notMatch(alerts[0]?.next ?? "", /try again/)
      assert.match(statusOf("app", state, now).waitingFor ?? "", /^room: /)
      ;({ state, events } = resumed(state, waitsAt, false))
      assert.strictEqual(state.lastOutcome?.outcome, "recovered")
      assert.deepStrictEqual([state.running, state.lastGood, state.data], [v1, v1, v1])
      assert.deepStrictEqual(
        ofType(events, "AlertRaised").map(({ outcome }) => outcome),
        ["recovered"]
      )
    })
  }

  /** Verifies: LAW-2, LAW-9 */
  it("of a try waits as well, and ends with the try's outcome", () => {
    const waiting = run(begun(tryCommand()), "stage")
    assert.strictEqual(waiting.decision._tag, "Wait")
    const { state } = resumed(waiting.state, "stage", false)
    assert.deepStrictEqual(state.running, v1)
    assert.deepStrictEqual(state.quarantined, [])
  })

  /** Verifies: LAW-2 */
  it("is checked before each retry: the older version does not start on data that was not restored", () => {
    const { state } = run(begun(), "stage")
    for (const isResumed of [true, false]) {
      const decision = advance(state, now, { isResumed })
      assert.notStrictEqual(decision._tag === "Perform" ? decision.step : "", "deploy")
    }
  })

  it("by an operator is refused immediately if nothing was touched", () => {
    const state = given([
      ...adopted(),
      make("SnapshotTaken", { snapshot: "s1", ...v1, volumes: [], bytes: 0, quietMs: 0 }),
      make("UpgradeCommitted", { ...v2, previous: v1 })
    ])
    const decision = decide(state, { _tag: "Rollback", id: "0199-attempt", now, snapshot: null, hazards: [] })
    if (decision._tag !== "Begin") throw new Error(decision._tag)
    const start = given(decision.events, "a1", state)
    const ended = run(start, "stage")
    assert.strictEqual(ended.state.lastOutcome?.outcome, "failed")
    assert.deepStrictEqual(ended.state.running, v2)
    const down = run(start, "restore")
    assert.strictEqual(down.decision._tag, "Wait")
    assert.deepStrictEqual(resumed(down.state, "restore", false).state.running, v1)
  })

  it("is recognized whatever the app printed", () => {
    const full = "write: no space left on device"
    assert.isTrue(isForRoom({ error: "DeployFailed", reason: full }))
    assert.isTrue(isForRoom({ error: noRoomError, reason: "" }))
    assert.isTrue(isForRoom({ error: "RecipeUnavailable", reason: "ENOSPC: no space left" }))
    for (const error of ["HealthFailed", "SnapshotDamaged", "SnapshotMissing"])
      assert.isFalse(isForRoom({ error, reason: full }), error)
    assert.isFalse(isForRoom({ error: "DeployFailed", reason: "exit 1" }))
  })
})

describe("an upgrade without enough disk space", () => {
  /** Verifies: LAW-8 */
  it("quarantines the version for hours instead of days", () => {
    const { state } = drive(
      begun(),
      (step, direction) => !(step === "snapshot" && direction === "forward"),
      (step) => noRoom(step)
    )
    assert.strictEqual(state.lastOutcome?.outcome, "recovered")
    assert.strictEqual(Date.parse(state.quarantined[0]?.until ?? "") - now, 60 * 60_000)
  })
})
