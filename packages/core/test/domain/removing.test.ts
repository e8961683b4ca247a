/** `remove` and the state after it, also as an older lastgood reads it. */
import { assert, describe, it } from "@effect/vitest"
import type { Volume } from "../../src/domain/App.ts"
import type { Command, Observed } from "../../src/domain/Decision.ts"
import { decide } from "../../src/domain/decide.ts"
import { isLeftAlone } from "../../src/domain/drift.ts"
import { type Event, make } from "../../src/domain/Event.ts"
import { isErasable, nothingErasedError } from "../../src/domain/erasable.ts"
import { type AppState, phaseOf } from "../../src/domain/State.ts"
import { statusOf } from "../../src/domain/status.ts"
import { iso } from "../../src/domain/time.ts"
import { adopted, drive, given, now, ref, v1 } from "./given.ts"

const up: Observed = { present: true, converged: true, version: v1.version, holdsData: true, drift: null }
const down: Observed = { ...up, present: false, converged: false, version: null }

const remove = (observed: Observed, volumes: ReadonlyArray<string> = []): Command => ({
  ...{ _tag: "Remove", id: "0199-attempt", now, by: "cli:root", observed, hazards: [], volumes }
})

const begun = (state: AppState, command: Command): AppState => {
  const decision = decide(state, command)
  assert(decision._tag === "Begin", JSON.stringify(decision))
  return given(decision.events, "a2", state)
}

const running = given(adopted())
const removed = drive(begun(running, remove(up)))
const erased = drive(begun(running, remove(up, ["data"])))

const deploy = (withoutData: boolean): Command => ({
  ...{ _tag: "Deploy", id: "0199-attempt", now, to: ref(v1.version), observed: { ...down, holdsData: false } },
  ...{ withoutVolumes: true, withoutData, envChanged: false, hazards: [] }
})

/** Verifies: LAW-3, LAW-4, LAW-6, LAW-15 */
describe("remove", () => {
  it("takes a last snapshot of the quiet app, verifies it, and keeps the data", () => {
    assert.deepStrictEqual(removed.performedSteps, ["forward/undeploy", "forward/snapshot", "forward/seal"])
    const { state } = removed
    assert.strictEqual(phaseOf(state), "removed")
    assert.isNull(state.running)
    assert.deepStrictEqual(state.data, v1)
    assert.lengthOf(state.snapshots, 1)
    assert.strictEqual(state.lastOutcome?.outcome, "done")
    assert.strictEqual(
      statusOf("web", state, now).waitingFor,
      `an operator: it was removed by cli:root at ${iso(now)}; take it out of lastgood.yaml, or bring it back: lastgood deploy web`
    )
  })

  it("deletes volumes only after the snapshot is verified, and then no version starts on what is left of them", () => {
    assert.deepStrictEqual(erased.performedSteps, [...removed.performedSteps, "forward/erase"])
    const { state } = erased
    assert.isNull(state.data)
    assert.strictEqual(state.down?.removed?.volumes.join(), "data")
    assert.strictEqual(decide(state, deploy(false))._tag, "Rejected")
    assert.strictEqual(decide(state, deploy(true))._tag, "Begin")
    const restore = decide(state, { _tag: "Restore", id: "a3", now, snapshot: null, hazards: [] })
    assert(restore._tag === "Begin")
    assert.deepStrictEqual(
      restore.events.map(({ type }) => type),
      ["RollbackStarted"]
    )
  })

  it("says of a volume that a filter kept out of the last snapshot that it stays", () => {
    const { events, state } = drive(begun(running, remove(up, ["data", "cache"])))
    const [{ data } = assert.fail()] = events.flatMap((one) => (one.type === "AppRemoved" ? [one] : []))
    assert.deepStrictEqual(data.volumes, ["data"])
    assert.deepStrictEqual(state.down?.removed?.volumes, ["data"])
    const kept = drive(begun(running, remove(up, ["cache"]))).state
    assert.deepStrictEqual([kept.down?.removed?.volumes, kept.data], [[], v1])
    assert.strictEqual(decide(kept, deploy(false))._tag, "Begin")
  })

  it.each(["undeploy", "snapshot", "seal"])("starts the app again, with all of its data, if %s fails", (failing) => {
    const { performedSteps, state } = drive(begun(running, remove(up, ["data"])), (step) => step !== failing)
    assert.notInclude(performedSteps, "forward/erase")
    assert.strictEqual(state.lastOutcome?.outcome, "recovered")
    assert.deepStrictEqual([state.data, state.running], [v1, v1])
    assert.isNull(state.down)
  })

  it("leaves a stopped app stopped if it fails", () => {
    const stop: Command = { _tag: "Stop", id: "0199-stop", now, by: "cli:root", observed: up, hazards: [] }
    const stopped = drive(begun(running, stop)).state
    const { state } = drive(begun(stopped, remove(down)), (step) => step !== "seal")
    assert.strictEqual(state.lastOutcome?.outcome, "failed")
    assert.strictEqual(phaseOf(state), "stopped")
  })

  it("tries again to delete what it could not, without another snapshot of what is left", () => {
    const { state } = drive(begun(running, remove(up, ["data"])), (step) => step !== "erase")
    assert.strictEqual(state.lastOutcome?.outcome, "failed")
    assert.strictEqual(phaseOf(state), "removed")
    const again = drive(begun(state, remove(down, ["data"])))
    assert.deepStrictEqual(again.performedSteps, ["forward/erase"])
    assert.strictEqual(decide(erased.state, remove(down))._tag, "Nothing")
  })

  /** The removal whose erase fails before the first volume is deleted. @param starts how often it was started. */
  const refused = (starts: number): AppState => {
    const decision = decide(running, remove(up, ["data"]))
    assert(decision._tag === "Begin")
    const fails = (step: string) => make("StepFailed", { step, error: nothingErasedError, reason: "damaged", next: "" })
    const { events } = drive(given(decision.events, "a2", running), (step) => step !== "erase", fails)
    const told = events.flatMap((event) =>
      event.type === "StepStarted" && event.data.step === "erase" ? Array<Event>(starts).fill(event) : [event]
    )
    return given([...decision.events, ...told], "a2", running)
  }

  it("keeps the data of an app of which no volume was deleted: it can be started on it, or removed again", () => {
    const state = refused(1)
    assert.deepStrictEqual([phaseOf(state), state.lastOutcome?.outcome], ["removed", "failed"])
    assert.deepStrictEqual([state.data, state.tip, state.down?.removed?.volumes], [v1, state.snapshots[0]?.id, []])
    assert.deepStrictEqual([state.down?.doomed, erased.state.down?.doomed], [undefined, undefined])
    assert.match(statusOf("web", state, now).waitingFor ?? "", /bring it back: lastgood deploy web$/)
    assert.strictEqual(decide(state, deploy(false))._tag, "Begin")
    const again = drive(begun(state, remove(down, ["data"])))
    assert.deepStrictEqual(again.performedSteps.slice(-3), ["forward/snapshot", "forward/seal", "forward/erase"])
    assert.isTrue(again.state.down?.removed?.erased)
  })

  it("does not believe that no volume was deleted if an earlier start was cut off, and names the ways on", () => {
    const state = refused(2)
    assert.isNull(state.data)
    assert.strictEqual(decide(state, deploy(false))._tag, "Rejected")
    assert.match(
      statusOf("web", state, now).waitingFor ?? "",
      /lastgood restore web --snapshot \S+; .*: lastgood deploy web --to 1\.0\.0\+1\.0\.0 --without-data; .*lastgood remove web --data$/
    )
  })

  it("takes another snapshot before it deletes the data of an app that was removed without it", () => {
    const { performedSteps } = drive(begun(removed.state, remove(down, ["data"])))
    assert.include(performedSteps, "forward/snapshot")
    assert.strictEqual(decide(removed.state, remove(down))._tag, "Nothing")
  })

  it("refuses an app that is not what lastgood left: its snapshot would be of another version's data", () => {
    const drift = { kind: "drift", what: ["web was added"], usedBy: null } as const
    assert.strictEqual(decide(running, remove({ ...up, drift }))._tag, "Refused")
  })

  it("expects no data of a removed app, so that nothing is alerted when it goes", () => {
    assert.isTrue(isLeftAlone(removed.state, { present: false }))
    assert.isFalse(isLeftAlone(removed.state, { present: true }))
    assert.isFalse(isLeftAlone(running, { present: false }))
  })
})

describe("the volumes that remove --data deletes", () => {
  const volume: Volume = {
    kind: "volume",
    ...{ name: "web_data", key: "data", path: "/v", driver: "local" },
    ...{ options: {}, labels: {}, created: null }
  }
  const app = { data: new Map() }

  it("are named volumes of the app, never a folder of the host or data that is elsewhere", () => {
    assert.isTrue(isErasable(app, volume))
    assert.isFalse(isErasable(app, { ...volume, kind: "folder", name: "/srv/web" }))
    assert.isFalse(isErasable(app, { ...volume, options: { device: "/srv/web", o: "bind" } }))
  })
})
