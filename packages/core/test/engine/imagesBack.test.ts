import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Commands } from "../../src/command/Commands.ts"
import type { Release } from "../../src/domain/App.ts"
import { type Event, make } from "../../src/domain/Event.ts"
import type { PerformedStep } from "../../src/domain/Plan.ts"
import type { AppState } from "../../src/domain/State.ts"
import { perform } from "../../src/engine/perform.ts"
import { HealthGate } from "../../src/health/HealthGate.ts"
import { type Runtime, RuntimeFailed } from "../../src/runtime/Runtime.ts"
import { DataIdentity } from "../../src/snapshot/DataIdentity.ts"
import { type SnapshotMeta, SnapshotStore } from "../../src/snapshot/SnapshotStore.ts"
import { VersionSource } from "../../src/version/VersionSource.ts"
import { adopted, drive, given, ofType, v1, v2 } from "../domain/given.ts"
import { runtimeWith } from "../health/runtime.ts"
import { makeApp } from "../snapshot/fixture.ts"

const failed = (operation: string, reason: string, next: string) =>
  Effect.fail(new RuntimeFailed({ app: "web", operation, reason, next }))

const meta: SnapshotMeta = {
  ...{ recipe: "", domain: "", commit: v1.commit, version: v1.version, ts: "", volumes: [], format: 1 },
  ...{ id: "s1", app: "web", runtime: "compose", stack: "web", env: null, archives: {} }
}

const taken = make("SnapshotTaken", { snapshot: "s1", ...v1, volumes: [], bytes: 0, quietMs: 0 })
const back = (by: "operator" | "failure") =>
  make("RollbackStarted", {
    ...{ attempted: v2, lastGood: v1, snapshot: "s1", by, reason: by },
    plan: ["stage", "undeploy", "restore", "deploy", "health", "conclude"]
  })
const upgrade = make("UpgradeAttempted", {
  ...{ from: v1, to: v2, trigger: "operator", snapshot: "s1" },
  plan: ["snapshot", "deploy", "health"]
})

/** An operator's own rollback of a version that is the last good one. */
const asked = given([...adopted(), taken, ...adopted(v2), back("operator")])
/** The rollback of an upgrade that failed. */
const forced = given([...adopted(), upgrade, taken, back("failure")])

/** The evidence of a step, while the image of the version to go back to is nowhere. */
const evidenceOf = Effect.fnUntraced(function* (
  step: PerformedStep,
  state: AppState,
  present: boolean,
  parts: Partial<Runtime> = {}
) {
  const { attempt } = state
  if (attempt === null) throw new Error("no attempt")
  const runtime = runtimeWith({
    inspect: () =>
      Effect.succeed({ present, converged: present, version: null, commit: null, mixed: false, services: [] }),
    volumes: () => Effect.succeed([]),
    prefetch: () => failed("prefetch", "the image web:1 cannot be pulled", "docker pull web:1"),
    deploy: () => failed("deploy", "No such image: web:1", "inspect its containers"),
    logs: () => Effect.succeed(""),
    ...parts
  })
  const ports = Layer.mergeAll(
    Layer.mock(HealthGate)({}),
    Layer.mock(SnapshotStore)({
      list: () => Effect.succeed([{ ...meta, bytes: 1 }]),
      stage: () => Effect.succeed(meta),
      envFile: () => Effect.succeed(null),
      operatorFiles: () => Effect.succeed(null)
    }),
    Layer.mock(DataIdentity)({ look: () => Effect.succeed([]), mark: () => Effect.void }),
    Layer.mock(VersionSource)({
      existing: (_, ref) => Effect.succeed({ ...ref, dir: "/nowhere", envFile: null }),
      checkout: (_, ref) => Effect.succeed({ ...ref, dir: "/nowhere", envFile: null })
    }),
    Layer.mock(Commands)({})
  )
  const work = { app: makeApp("/nowhere"), runtime, state, attempt, resumed: false, command: null }
  const [event]: ReadonlyArray<Event> = yield* Effect.provide(perform(step, work), ports)
  return event
})

/** Verifies: LAW-14 */
describe("a rollback to a version whose image cannot be pulled", () => {
  it.live("ends before a running app is taken down, if the operator asked for it", () =>
    Effect.gen(function* () {
      const event = yield* evidenceOf("stage", asked, true)
      assert.deepInclude(event?.data, {
        error: "RuntimeFailed",
        reason: "prefetch of web failed: the image web:1 cannot be pulled",
        next: "docker pull web:1"
      })
      if (event === undefined) return
      const run = drive(
        asked,
        (step) => step !== "stage",
        () => event
      )
      assert.deepStrictEqual(run.performedSteps, ["back/stage"])
      assert.deepStrictEqual([run.state.running, run.state.lastOutcome?.outcome], [v2, "failed"])
      assert.deepStrictEqual(run.state.quarantined, [])
      assert.deepInclude(ofType(run.events, "AlertRaised")[0], { recovered: true, next: "docker pull web:1" })
    })
  )

  it.live("restores the data all the same if the app is down, or its upgrade failed", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* evidenceOf("stage", asked, false))?.type, "SnapshotStaged")
      assert.strictEqual((yield* evidenceOf("stage", forced, true))?.type, "SnapshotStaged")
    })
  )

  /** Verifies: LAW-10 */
  it.live("says why the image could not be pulled, and what to do about it, when the deploy fails", () =>
    Effect.gen(function* () {
      const event = yield* evidenceOf("deploy", forced, false)
      assert.deepInclude(event?.data, {
        reason: "deploy of web failed: No such image: web:1; prefetch of web failed: the image web:1 cannot be pulled",
        next: "docker pull web:1"
      })
    })
  )
})

/** Verifies: LAW-2 */
describe("the images of a version that starts again", () => {
  const images = { web: { image: "web:kept", version: null, source: null, revision: null } }
  /** What is deployed. The tag of the recipe has moved meanwhile. */
  const deployed = Effect.fnUntraced(function* (state: AppState) {
    const seen: Array<Release["images"]> = []
    yield* evidenceOf("deploy", state, false, {
      asKept: (_, release) => Effect.succeed({ ...release, images }),
      prefetch: () => Effect.succeed({ images: [] }),
      deploy: (_, release) => Effect.sync(() => ({ services: [String(seen.push(release.images))] }))
    })
    return seen
  })
  const snapshot = make("SnapshotAttempted", {
    ...{ purpose: "manual", of: v1, snapshot: "s1", plan: ["deploy"] }
  })

  it.live("are those that ran, in a rollback and after a snapshot", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* deployed(forced), [images])
      assert.deepStrictEqual(yield* deployed(given([...adopted(), snapshot])), [images])
    })
  )

  it.live("are those that it names, in an upgrade", () =>
    Effect.gen(function* () {
      const begun = given([...adopted(), make("UpgradeAttempted", { ...upgrade.data, plan: ["deploy"] })])
      assert.deepStrictEqual(yield* deployed(begun), [undefined])
    })
  )
})
