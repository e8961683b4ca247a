/** `stop` and the state after it, also as an older lastgood reads it. */
import { assert, describe, it } from "@effect/vitest"
import type { Command, Observed, Refusal } from "../../src/domain/Decision.ts"
import { decide } from "../../src/domain/decide.ts"
import { driftOf } from "../../src/domain/drift.ts"
import { type Event, make } from "../../src/domain/Event.ts"
import { evolve, fold } from "../../src/domain/evolve.ts"
import { type AppState, initialStateOf, phaseOf } from "../../src/domain/State.ts"
import { statusOf } from "../../src/domain/status.ts"
import { iso } from "../../src/domain/time.ts"
import type { Seen } from "../../src/domain/World.ts"
import { unhealthyEvents, watchedVersion } from "../../src/domain/watching.ts"
import { adopted, drive, given, now, upgradeCommand, v1 } from "./given.ts"

const up: Observed = { present: true, converged: true, version: v1.version, holdsData: true, drift: null }
const down: Observed = { ...up, present: false, converged: false, version: null }

const stop = (observed: Observed, hazards: ReadonlyArray<Refusal> = []): Command => ({
  ...{ _tag: "Stop", id: "0199-attempt", now, by: "cli:root", observed, hazards }
})

const begun = (state: AppState, command = stop(up)): AppState => {
  const decision = decide(state, command)
  assert(decision._tag === "Begin", JSON.stringify(decision))
  return given(decision.events, "a2", state)
}

const stopped = drive(begun(given(adopted()))).state

const seen = (over: Partial<Seen> = {}): Seen => ({
  ...{ present: true, version: v1.version, services: [], volumes: [], labels: false },
  ...over
})

/** Verifies: LAW-2, LAW-6, LAW-10, LAW-14, LAW-16 */
describe("stop", () => {
  it("takes the app down, proves that it is quiet, and nothing else", () => {
    const { performedSteps, state } = drive(begun(given(adopted())))
    assert.deepStrictEqual(performedSteps, ["forward/undeploy"])
    assert.strictEqual(state.lastOutcome?.outcome, "done")
    assert.isNull(state.running)
    assert.deepStrictEqual(state.data, v1)
    assert.deepStrictEqual(state.lastGood, v1)
  })

  it("leaves the app stopped on purpose: not watched, by whom and since when is known, start is next", () => {
    assert.strictEqual(phaseOf(stopped), "stopped")
    assert.isNull(watchedVersion(stopped))
    assert.isNull(unhealthyEvents(stopped, { what: "down", gone: true, checks: [] }, iso(now)))
    const status = statusOf("web", stopped, now)
    assert.deepStrictEqual(status.stopped, { since: iso(now), by: "cli:root" })
    assert.strictEqual(status.waitingFor, `an operator: it was stopped by cli:root at ${iso(now)}; lastgood start web`)
    const upgrade = decide(stopped, upgradeCommand({ observed: down }))
    assert.strictEqual(upgrade._tag, "Rejected")
  })

  it("resolves the alert of an unhealthy app, which is no longer supposed to run", () => {
    const sick = unhealthyEvents(given(adopted()), { what: "503", gone: false, checks: [] }, iso(now)) ?? []
    const state = drive(begun(given(sick, "a1", given(adopted())))).state
    assert.isNull(state.unhealthy)
    assert.deepStrictEqual(
      [...state.alerts].map(([, { resolved }]) => resolved?.by),
      ["it was stopped by cli:root"]
    )
  })

  it("starts the app again if it cannot be proved quiet", () => {
    const { performedSteps, state } = drive(begun(given(adopted())), (step) => step !== "undeploy")
    assert.deepStrictEqual(performedSteps, ["forward/undeploy", "back/deploy", "back/health", "back/tidy"])
    assert.strictEqual(state.lastOutcome?.outcome, "recovered")
    assert.isNull(state.down)
    assert.deepStrictEqual(state.quarantined, [])
  })

  it("has nothing to do for an app that is down", () => {
    assert.strictEqual(decide(stopped, stop(down))._tag, "Nothing")
    assert.strictEqual(decide(initialStateOf("web"), stop(down))._tag, "Nothing")
  })

  it("stops an app that should run and does not, so that it is not restarted", () => {
    assert.isNull(drive(begun(given(adopted()), stop(down))).state.running)
  })

  it("refuses what undeploying would destroy, and no other hazard", () => {
    const hazard = (gate: string): Refusal => ({ gate, reason: gate, next: "" })
    const refused = decide(given(adopted()), stop(up, [hazard("anonymous-volume")]))
    assert(refused._tag === "Refused")
    assert.deepStrictEqual(refused.events, [])
    assert.strictEqual(decide(given(adopted()), stop(up, [hazard("port-taken")]))._tag, "Begin")
  })

  it("does not stop a version that lastgood did not deploy: nothing would tell that it has used the data", () => {
    const drift = { kind: "drift", what: ["web was added"], usedBy: null } as const
    assert.strictEqual(decide(given(adopted()), stop({ ...up, drift }))._tag, "Refused")
    assert.strictEqual(decide(initialStateOf("web"), stop({ ...up, version: null }))._tag, "Rejected")
  })

  it("stops an app whose data is missing, so that its disk can be mounted", () => {
    const drift = { kind: "data-missing", what: ["volume data is empty"], usedBy: null } as const
    assert.strictEqual(decide(given(adopted()), stop({ ...up, drift }))._tag, "Begin")
  })
})

/** Verifies: LAW-16 */
describe("a stopped app", () => {
  it("that runs is drift, and can be stopped again if it is what lastgood deployed", () => {
    const drift = driftOf(stopped, seen())
    assert.deepStrictEqual(drift?.what, [`it is running, but was stopped by cli:root at ${iso(now)}`])
    assert.strictEqual(decide(stopped, stop({ ...up, drift }))._tag, "Begin")
    assert.isNull(driftOf(stopped, seen({ present: false })))
  })

  it("is down, and not known to be stopped, for an older lastgood, which neither starts nor watches it", () => {
    const foreign = (event: Event) => ({ unknown: true, type: event.type, v: event.v, data: event.data }) as const
    const attempt = make("StopAttempted", { of: v1, by: "cli:root", plan: ["undeploy"] })
    const during = [foreign(attempt), make("StepStarted", { step: "undeploy", try: 1 })]
    const recorded = (events: ReadonlyArray<Event | ReturnType<typeof foreign>>, from: AppState) =>
      fold(
        events.map((event, i) => ({ version: from.version + i + 1, at: iso(now), attempt: "a2", event })),
        from
      )
    const inFlight = recorded(during, given(adopted()))
    assert.strictEqual(decide(inFlight, upgradeCommand())._tag, "Rejected")
    const ending = [
      make("Undeployed", { removed: [], quietAfterMs: 0 }),
      make("AttemptEnded", { outcome: "done", why: "" })
    ]
    const over = recorded(ending, inFlight)
    assert.isNull(over.foreignAttempt)
    assert.isNull(over.running)
    assert.isNull(watchedVersion(over))
    assert.strictEqual(decide(over, upgradeCommand({ observed: down }))._tag, "Rejected")
  })

  it("is no longer stopped once a deploy of it begins", () => {
    const events = [
      make("DeployAttempted", { from: v1, to: v1, snapshot: "s", plan: ["prefetch", "deploy", "health", "commit"] }),
      make("StepStarted", { step: "prefetch", try: 1 })
    ]
    const fetching = given(events, "a3", stopped)
    assert.isNotNull(fetching.down)
    const deploying = evolve(fetching, {
      ...{ version: fetching.version + 1, at: iso(now), attempt: "a3" },
      event: make("StepStarted", { step: "deploy", try: 1 })
    })
    assert.isNull(deploying.down)
  })
})
