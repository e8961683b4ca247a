import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { type Downtime, predictDowntime } from "../../src/domain/downtime.ts"
import { type Event, make } from "../../src/domain/Event.ts"
import { evolve } from "../../src/domain/evolve.ts"
import type { AppState } from "../../src/domain/State.ts"
import { iso } from "../../src/domain/time.ts"
import { adopted, given, now, v1, v2 } from "./given.ts"

/** Events with their times, in seconds after `now`. */
const at = (from: AppState, events: ReadonlyArray<readonly [number, Event]>, attempt = "a1"): AppState =>
  events.reduce(
    (state, [seconds, event]) =>
      evolve(state, { version: state.version + 1, at: iso(now + seconds * 1000), attempt, event }),
    from
  )

const started = (step: string, nth = 1) => make("StepStarted", { step, try: nth })
const begun = make("UpgradeAttempted", { from: v1, to: v2, trigger: "operator", snapshot: "s1", plan: ["undeploy"] })
const undeployed = make("Undeployed", { removed: [], quietAfterMs: 0 })
const captured = (bytes: number) => make("SnapshotTaken", { snapshot: "s1", ...v1, volumes: [], bytes, quietMs: 0 })
const deployed = make("Deployed", { ...v2, services: [], tookMs: 0 })
const ended = (outcome: "committed" | "recovered" | "left-down") => make("AttemptEnded", { outcome, why: "" })
const check = (seconds: number) => ({
  ...{ name: `http ${seconds}`, passed: true, attempts: 3, failures: 1, lastSeen: "200", lastFailure: "503" },
  ...{ firstPassAt: iso(now + seconds * 1000), lastFailureAt: null }
})
const passed = (...seconds: ReadonlyArray<number>) =>
  make("HealthPassed", { version: v2.version, tookMs: 0, checks: seconds.map(check) })

const running = given(adopted(), "a0")
const upgrade = at(running, [
  [0, begun],
  [1, started("prefetch")],
  [60, make("StepDone", { step: "prefetch" })],
  [60, started("undeploy")],
  [63, undeployed],
  [63, started("snapshot")],
  [73, captured(1000)],
  [74, started("deploy")],
  [79, deployed],
  [79, started("health")],
  // The last check first passed at 83; the gate then waited for stability.
  [99, passed(80, 83)],
  [100, started("seal")],
  [200, make("StepDone", { step: "seal" })],
  [200, ended("committed")]
])

describe("the downtime of an attempt", () => {
  it("lasts from the beginning of undeploy until every check has passed once, split by step", () => {
    const [downtime] = upgrade.downtimes
    assert.deepStrictEqual(downtime, {
      attempt: "a1",
      at: iso(now + 60_000),
      ms: 23_000,
      downSince: null,
      steps: [
        { step: "undeploy", ms: 3000 },
        { step: "snapshot", ms: 10_000 },
        { step: "deploy", ms: 5000 },
        { step: "health", ms: 4000 }
      ],
      current: null,
      bytes: 1000,
      isGood: true
    })
  })

  it("includes the time in which lastgood was killed, and the rollback", () => {
    const state = at(running, [
      [0, begun],
      [0, started("undeploy")],
      // Killed; resumed after a minute.
      [60, started("undeploy", 2)],
      [61, undeployed],
      [61, started("deploy")],
      [62, deployed],
      [62, started("health")],
      [70, make("HealthFailed", { version: v2.version, tookMs: 0, reason: "503", checks: [] })],
      [
        70,
        make("RollbackStarted", { attempted: v2, lastGood: v1, snapshot: "s1", by: "failure", reason: "", plan: [] })
      ],
      [70, started("stage")],
      [72, make("SnapshotStaged", { snapshot: "s1", volumes: [], tookMs: 0 })],
      [72, started("undeploy")],
      [73, undeployed],
      [73, started("restore")],
      [74, make("SnapshotRestored", { snapshot: "s1", version: v1.version, volumes: [], quietMs: 0 })],
      [74, started("deploy")],
      [75, deployed],
      [75, started("health")],
      [80, passed(76)],
      [80, ended("recovered")]
    ])
    const [downtime] = state.downtimes
    assert.strictEqual(downtime?.ms, 76_000)
    assert.deepStrictEqual(
      downtime?.steps.map(({ ms, step }) => `${step} ${ms / 1000}`),
      ["undeploy 62", "deploy 2", "health 9", "stage 2", "restore 1"]
    )
    assert.isFalse(downtime?.isGood)
  })

  it("has no end while the app is down, and does not begin for an app that was not running", () => {
    const down = at(running, [
      [0, begun],
      [5, started("undeploy")],
      [6, undeployed],
      [7, ended("left-down")]
    ])
    assert.strictEqual(down.downtimes[0]?.downSince, iso(now + 5000))
    const first = make("DeployAttempted", { from: null, to: v1, snapshot: "", plan: ["undeploy"] })
    assert.isEmpty(
      at(given([]), [
        [0, first],
        [1, started("undeploy")],
        [2, undeployed]
      ]).downtimes
    )
  })

  it("is measured in the histories of released lastgoods", () => {
    const folder = join(import.meta.dirname, "../../../../test/histories")
    assert.isNotEmpty(readdirSync(folder))
    const lines = readFileSync(join(folder, "upgrade.jsonl"), "utf8").trimEnd().split("\n").slice(1)
    const state = lines
      .map((line) => JSON.parse(line))
      .reduce(
        (before: AppState, { at, attempt, data, type, v, version }) =>
          evolve(before, { version, at, attempt, event: { type, v, data } }),
        given([])
      )
    const last = state.downtimes.at(-1)
    assert.deepStrictEqual(
      last?.steps.map(({ step }) => step),
      ["undeploy", "snapshot", "deploy", "health"]
    )
    assert.isAbove(last?.ms ?? 0, 0)
  })
})

describe("the predicted downtime", () => {
  const past = (snapshotMs: number, bytes: number, over: Partial<Downtime> = {}): Downtime => ({
    ...{ attempt: "a", at: iso(now), ms: 0, downSince: null, current: null, bytes, isGood: true },
    steps: [
      { step: "undeploy", ms: 1000 },
      { step: "snapshot", ms: snapshotMs },
      { step: "deploy", ms: 2000 },
      { step: "health", ms: 3000 }
    ],
    ...over
  })

  const mirrored = { isMirrored: true } as const

  it("is unknown before the first attempt that tells it", () => {
    assert.isNull(predictDowntime([], 1000))
    assert.isNull(predictDowntime([past(1, 1, { isGood: false })], 1))
    assert.isNull(predictDowntime([past(1, 1, { steps: [{ step: "undeploy", ms: 1 }] })], 1))
    const tried = { steps: [...past(1, 1).steps, { step: "restore", ms: 1 }] }
    assert.isNull(predictDowntime([past(1, 1, tried)], 1))
  })

  it("is the median of the last five attempts, and the snapshot grows with the data", () => {
    const all = [past(90_000, 10), ...[1000, 2000, 9000, 3000, 4000].map((ms) => past(ms, 10))]
    assert.deepStrictEqual(predictDowntime(all, 10), {
      ms: 9000,
      steps: [
        { step: "undeploy", ms: 1000 },
        { step: "snapshot", ms: 3000 },
        { step: "deploy", ms: 2000 },
        { step: "health", ms: 3000 }
      ],
      attempts: 5
    })
    assert.strictEqual(predictDowntime(all, 20)?.ms, 12_000)
    assert.strictEqual(predictDowntime(all, 5)?.ms, 9000, "and does not shrink")
    assert.strictEqual(predictDowntime(all, null)?.ms, 9000)
    assert.strictEqual(predictDowntime([past(1000, 10), past(3000, 10)], 10)?.ms, 8000)
  })

  it.each<readonly [string, ReadonlyArray<Downtime>, "mirror" | "tar" | undefined, number | null]>([
    ["mirrors, which do not grow with the data", [past(1000, 10, mirrored)], "mirror", 7000],
    ["mirrors as the last time", [past(50_000, 10), past(1000, 10, mirrored)], undefined, 7000],
    ["mirrors, not from archives", [past(50_000, 10), past(50_000, 10), past(1000, 10, mirrored)], "mirror", 7000],
    ["mirrors for the first time, from the archives as they were", [past(5000, 10)], "mirror", 11_000],
    ["archives, not from mirrors", [past(5000, 10), past(1000, 10, mirrored)], "tar", 16_000],
    ["archives, of which none has been measured", [past(1000, 10, mirrored)], "tar", null]
  ])("is that of %s", (_, all, by, expected) => {
    assert.strictEqual(predictDowntime(all, 20, by)?.ms ?? null, expected)
  })

  it("knows a snapshot of mirrors by the manifests of all its volumes", () => {
    const volume = (name: string) => ({ name, bytes: 500, crc: "" })
    const of = (...volumes: ReadonlyArray<object>) =>
      at(running, [
        [0, begun],
        [0, started("undeploy")],
        [1, started("snapshot")],
        [2, { ...captured(1000), data: { ...captured(1000).data, volumes: [...volumes] } } as Event]
      ]).downtimes[0]?.isMirrored
    const [one, other] = [
      { ...volume("a"), manifest: "1 2" },
      { ...volume("b"), manifest: "3 4" }
    ]
    assert.isTrue(of(one, other))
    assert.isUndefined(of(one, volume("b")))
    assert.isUndefined(of())
  })

  it("comes from the measured attempts", () => {
    assert.strictEqual(predictDowntime(upgrade.downtimes, 2000)?.ms, 22_000 + 10_000)
  })
})
