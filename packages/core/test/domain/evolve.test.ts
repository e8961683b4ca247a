import { assert, describe, it } from "@effect/vitest"
import type { Command } from "../../src/domain/Decision.ts"
import { decide } from "../../src/domain/decide.ts"
import { type Event, make } from "../../src/domain/Event.ts"
import { evolve, fold, type Recorded } from "../../src/domain/evolve.ts"
import { quarantineMs } from "../../src/domain/quarantine.ts"
import { type AppState, initialStateOf, plainState } from "../../src/domain/State.ts"
import { iso } from "../../src/domain/time.ts"
import { adopted, day, drive, given, now, offer, ofType, ref, tryCommand, upgradeCommand, v1, v2 } from "./given.ts"

const running = given(adopted())
const down = { present: false, converged: false, version: null, holdsData: true, drift: null }
const up = { present: true, converged: true, version: null, holdsData: true, drift: null }
const asked = { id: "0199-attempt", now }

const begun = (command: Command, from: AppState = running): AppState => {
  const decision = decide(from, command)
  if (decision._tag !== "Begin") throw new Error(decision._tag)
  return given(decision.events, "a1", from)
}

/** Verifies: LAW-15 */
describe("what a filter left out of a snapshot", () => {
  const ref = { version: "1.0.0+1", commit: "c1" }
  const volumes = [{ name: "data", include: [], exclude: ["cache/**"], files: 2, bytes: 8 }]
  const facts = [
    make("SnapshotTaken", { snapshot: "s1", ...ref, volumes: [], bytes: 0, quietMs: 0 }),
    make("SnapshotLeftOut", { snapshot: "s1", volumes }),
    make("RollbackStarted", {
      attempted: null,
      lastGood: ref,
      snapshot: "s1",
      by: "operator",
      reason: "",
      plan: ["conclude"]
    }),
    make("AttemptEnded", { outcome: "done", why: "" })
  ]
  const recorded = facts.map((event, i) => ({ version: i + 1, at: "2026-01-02T03:04:05.000Z", attempt: "a1", event }))

  it("is recorded with the snapshot, and reported with a rollback to it", () => {
    const state = fold(recorded, initialStateOf("web"))
    assert.deepStrictEqual(state.snapshots[0]?.leftOut, volumes)
    assert.deepStrictEqual(state.lastOutcome?.leftOut, volumes)
    assert.isUndefined(
      fold(
        recorded.filter(({ event }) => event.type !== "SnapshotLeftOut"),
        initialStateOf("web")
      ).lastOutcome?.leftOut
    )
  })
})

describe("the state", () => {
  /** Verifies: LAW-6, LAW-7 */
  it("keeps an attempt of a newer lastgood in flight while another attempt ends", () => {
    const at = (version: number, attempt: string, event: Recorded["event"]): Recorded => ({
      ...{ version, attempt, event },
      at: iso(now)
    })
    const foreign = evolve(running, at(2, "a9", { unknown: true, type: "CanaryAttempted", v: 1, data: {} }))
    const other = evolve(foreign, at(3, "a8", make("AttemptEnded", { outcome: "committed", why: "" })))
    assert.strictEqual(other.foreignAttempt, "a9")
    assert.strictEqual(decide(other, upgradeCommand())._tag, "Rejected")
  })

  /** Verifies: LAW-5 */
  it("of an app after --at-teardown has the last good version and no running version", () => {
    const run = drive(begun({ _tag: "Promote", ...asked, of: v1, observed: up, ...teardown }))
    assert.strictEqual(run.state.lastOutcome?.outcome, "committed")
    assert.deepStrictEqual([run.state.running, run.state.lastGood, run.state.data], [null, v1, v1])
    assert.isTrue(run.state.down?.asked)
  })
  const teardown = { capture: true, teardown: true, withoutData: false, hazards: [] }

  it("knows that the hook before a step has passed until the step is done or has failed, or the rollback begins", () => {
    const ran = (ok: boolean, when: "before" | "after" = "before") =>
      make("HookRan", { plugin: "p", step: "undeploy", when, ok, output: "", tookMs: 0 })
    const after = (...events: ReadonlyArray<Event>) => given(events, "a1", begun(upgradeCommand())).attempt?.hooked
    assert.strictEqual(after(ran(true), make("StepStarted", { step: "undeploy", try: 2 })), "undeploy")
    assert.isNull(after(ran(false)))
    assert.isNull(after(ran(true, "after")))
    assert.isNull(after(ran(true), make("Undeployed", { removed: [], quietAfterMs: 0 })))
    assert.isNull(after(ran(true), make("StepFailed", { step: "undeploy", error: "E", reason: "", next: "" })))
    const back = { attempted: v2, lastGood: v1, snapshot: "s", by: "failure", reason: "", plan: ["undeploy"] } as const
    assert.isNull(after(ran(true), make("RollbackStarted", back)))
  })

  it("remembers that a try was interrupted, even if its snapshot cannot be used", () => {
    const cut = given(
      ["prefetch", "undeploy"].map((step) => make("StepDone", { step })),
      "a1",
      begun(tryCommand())
    )
    const deployed = given(
      [
        make("SnapshotTaken", { snapshot: cut.attempt?.snapshot ?? "", ...v1, volumes: [], bytes: 0, quietMs: 0 }),
        make("StepStarted", { step: "deploy", try: 1 }),
        make("StepFailed", { step: "deploy", error: "Interrupted", reason: "interrupted", next: "" })
      ],
      "a1",
      cut
    )
    const run = drive(deployed, (step) => step !== "stage")
    assert.strictEqual(run.state.lastOutcome?.outcome, "left-down")
    assert.isTrue(run.state.lastOutcome?.tried?.interrupted)
  })
})

describe("a refusal that was reported", () => {
  const hazards = [{ gate: "anonymous-volume", reason: "/data has no name", next: "name it" }]
  const told = (events: ReadonlyArray<Event>): number => {
    const first = decide(running, upgradeCommand({ hazards }))
    if (first._tag !== "Refused") throw new Error(first._tag)
    const again = decide(given([...first.events, ...events], "a0", running), upgradeCommand({ hazards }))
    return again._tag === "Refused" ? again.events.length : -1
  }

  /** Verifies: LAW-10 */
  it("is reported again once an operator has acted", () => {
    assert.strictEqual(told([]), 0)
    assert.strictEqual(told([make("AppReleased", {})]), 2)
    assert.strictEqual(told([make("QuarantineLifted", { version: v2.version })]), 2)
  })
})

describe("quarantine", () => {
  const failed = (failures: number) =>
    make("VersionQuarantined", { ...v2, reason: "503", failures, until: iso(now - 1) })

  /** Verifies: LAW-8 */
  it("lasts one day, then four, sixteen and thirty", () => {
    assert.deepStrictEqual(
      [1, 2, 3, 4, 9].map((failures) => quarantineMs(failures) / day),
      [1, 4, 16, 30, 30]
    )
  })

  /** Verifies: LAW-8 */
  it("starts again for another commit of the same version", () => {
    const before = given([failed(3)], "a0", running)
    const failing = (commit: string) => {
      const offers = [offer(v1.version), { ...offer(v2.version), commit }]
      return drive(begun(upgradeCommand({ offers }), before), (step) => step !== "health").state.quarantined
    }
    assert.deepStrictEqual(
      failing(v2.commit).map(({ failures }) => failures),
      [4]
    )
    assert.deepStrictEqual(
      failing("moved").map(({ commit, failures }) => [commit, failures]),
      [["moved", 1]]
    )
  })

  /** Verifies: LAW-8 */
  it("ends once the version has become the last good one", () => {
    const before = given([failed(1)], "a0", running)
    assert.deepStrictEqual(drive(begun(upgradeCommand(), before)).state.quarantined, [])
  })

  /** Verifies: LAW-8 */
  it("also applies to a version that failed before the deploy", () => {
    for (const failing of ["prefetch", "undeploy", "snapshot"]) {
      const run = drive(begun(upgradeCommand()), (step, direction) => step !== failing || direction === "back")
      assert.deepStrictEqual(
        run.state.quarantined.map(({ version }) => version),
        [v2.version],
        failing
      )
    }
  })
})

/** Every field of an attempt in the JSON of `replay`: scripts read it. */
const printed = [
  ...["id", "startedAt", "wasRunning", "over", "direction", "done", "current", "failed", "failures", "hooked"],
  ...["deployBegun", "deployMs", "snapshotTaken", "command", "broke", "back", "waiting", "outcome", "why"],
  ...["kind", "from", "to", "snapshot", "plan"]
]

describe("an attempt in flight, as plain data", () => {
  const observed = up
  const hazards: [] = []
  const begins: Readonly<Record<string, AppState>> = {
    upgrade: begun(upgradeCommand()),
    snapshot: begun({ ...asked, _tag: "Snapshot", observed, hazards }),
    promote: begun({
      ...asked,
      _tag: "Promote",
      of: v1,
      observed,
      capture: true,
      teardown: false,
      withoutData: false,
      hazards
    }),
    try: begun(tryCommand())
  }

  it.each(Object.keys(begins))("has every field in both directions, for kind %s", (kind) => {
    const start = begins[kind] ?? initialStateOf("web")
    const back = { attempted: v2, lastGood: v1, snapshot: "s", by: "failure", reason: "", plan: ["undeploy"] } as const
    const turned = given([make("RollbackStarted", back)], "a1", start)
    for (const state of [start, turned]) {
      const { attempt } = plainState(state)
      assert.hasAllKeys(attempt, kind === "upgrade" ? [...printed, "trigger"] : printed)
      assert.strictEqual(attempt?.kind, kind)
    }
    assert.deepStrictEqual(plainState(turned).attempt?.back?.to, v1)
  })

  it("has the kind rollback if an operator began it", () => {
    const start = {
      attempted: v2,
      lastGood: v1,
      snapshot: "s",
      by: "operator",
      reason: "",
      plan: ["undeploy"]
    } as const
    const { attempt } = plainState(given([make("RollbackStarted", start)], "a1", running))
    assert.hasAllKeys(attempt, printed)
    assert.deepStrictEqual([attempt?.kind, attempt?.from, attempt?.to, attempt?.snapshot], ["rollback", v2, v1, "s"])
  })
})

describe("an operator's attempt that fails at any step", () => {
  const stopped = given([make("Undeployed", { removed: [], quietAfterMs: 0 })], "a0", running)
  const deploy = (to: typeof v1): Command => ({
    ...{
      _tag: "Deploy",
      ...asked,
      to,
      observed: down,
      withoutVolumes: false,
      withoutData: false,
      envChanged: false,
      hazards: []
    }
  })
  const promote = (capture: boolean, teardown: boolean): Command => ({
    ...{ _tag: "Promote", ...asked, of: v1, observed: up, capture, teardown, withoutData: false, hazards: [] }
  })
  const snapshot = (observed: typeof up): Command => ({ _tag: "Snapshot", ...asked, observed, hazards: [] })
  const attempts: Readonly<Record<string, AppState>> = {
    "the deploy of the same version": begun(deploy(v1), stopped),
    "the deploy of a newer version": begun(deploy(v2), stopped),
    "a first install": begun(deploy(v1), given([])),
    "a snapshot": begun(snapshot(up)),
    "a snapshot of an app that is down": begun(snapshot(down), stopped),
    "a promote": begun(promote(true, false)),
    "a promote without a snapshot": begun(promote(false, false)),
    "a teardown": begun(promote(true, true))
  }

  /** Verifies: LAW-5, LAW-10 */
  it("raises exactly one alert, and keeps the last good version unless a later step failed", () => {
    for (const [what, start] of Object.entries(attempts)) {
      for (const step of start.attempt?.plan ?? []) {
        if (step === "commit") continue
        const run = drive(start, (one, direction) => one !== step || direction === "back")
        const label = `${what}, ${step}`
        assert.isNull(run.state.attempt, label)
        assert.lengthOf(ofType(run.events, "AlertRaised"), 1, label)
        const isDone = ["seal", "tidy"].includes(step)
        if (!isDone) assert.deepStrictEqual(run.state.lastGood, start.lastGood, label)
      }
    }
  })

  /** Verifies: LAW-9 */
  it("starts the app again if it was up before", () => {
    for (const what of ["a snapshot", "a promote", "a teardown"]) {
      const start = attempts[what]
      for (const step of ["undeploy", "snapshot"]) {
        if (start === undefined) throw new Error(what)
        const run = drive(start, (one, direction) => one !== step || direction === "back")
        assert.strictEqual(run.state.lastOutcome?.outcome, "recovered", `${what}, ${step}`)
        assert.deepStrictEqual(run.state.running, v1, `${what}, ${step}`)
      }
    }
  })
})

describe("quarantined versions", () => {
  const quarantine = (from: number, count: number) =>
    Array.from({ length: count }, (_, i) =>
      make("VersionQuarantined", { ...ref(`1.0.${from + i}`), reason: "503", failures: 1, until: null })
    )
  const versions = ({ quarantined }: AppState) => quarantined.map(({ version }) => version)

  it("are all kept since the last commit, and the newest 50 of those before it", () => {
    const before = given([...adopted(), ...quarantine(1, 60)])
    assert.lengthOf(versions(before), 60)
    const committed = given(adopted(ref("1.1.0")), "a2", before)
    assert.deepStrictEqual([versions(committed).length, versions(committed)[0]], [50, "1.0.11"])
    assert.lengthOf(versions(given(quarantine(100, 5), "a3", committed)), 55)
  })
})
