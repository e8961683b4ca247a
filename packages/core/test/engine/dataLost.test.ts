import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Commands } from "../../src/command/Commands.ts"
import { make } from "../../src/domain/Event.ts"
import type { PerformedStep } from "../../src/domain/Plan.ts"
import type { SeenVolume } from "../../src/domain/World.ts"
import { perform } from "../../src/engine/perform.ts"
import { HealthGate } from "../../src/health/HealthGate.ts"
import { DataIdentity } from "../../src/snapshot/DataIdentity.ts"
import { type SnapshotMeta, SnapshotStore } from "../../src/snapshot/SnapshotStore.ts"
import { VersionSource } from "../../src/version/VersionSource.ts"
import { given, v1, v2 } from "../domain/given.ts"
import { runtimeWith } from "../health/runtime.ts"
import { makeApp, makeVolume } from "../snapshot/fixture.ts"

const held = { name: "data", inode: "7@1700", created: null, mounted: false, held: true, marked: true }
const before = [make("WorldNoted", { services: [], volumes: [held] })]
const upgrade = make("UpgradeAttempted", {
  ...{ from: v1, to: v2, trigger: "operator", snapshot: "s1" },
  plan: ["snapshot", "deploy"]
})
const back = (by: "failure" | "operator") =>
  make("RollbackStarted", {
    ...{ attempted: v2, lastGood: v1, snapshot: "s1", by, reason: by },
    plan: ["stage", "undeploy", "restore", "deploy"]
  })

const notRunning = { present: false, converged: false, version: null, commit: null, mixed: false, services: [] }

const meta: SnapshotMeta = {
  ...{ recipe: "", domain: "", commit: v1.commit, version: v1.version, ts: "", volumes: [], format: 1 },
  ...{ id: "s1", app: "web", runtime: "local", stack: "web", env: null, archives: {} }
}

/** What the step comes to when this is what is there of its volume, and what it did meanwhile. */
const performed = Effect.fnUntraced(function* (
  step: PerformedStep,
  seen: SeenVolume,
  state = given([...before, upgrade])
) {
  const did: Array<string> = []
  const { attempt } = state
  if (attempt === null) throw new Error("no attempt")
  const note = (what: string) => Effect.sync(() => did.push(what))
  const runtime = runtimeWith({
    volumes: () => Effect.succeed([makeVolume("/nowhere/data")]),
    assertQuiet: () => Effect.void,
    inspect: () => Effect.succeed(notRunning),
    prefetch: () => Effect.succeed({ images: [] }),
    deploy: () => Effect.as(note("deploy"), { services: ["web"] }),
    logs: () => Effect.succeed("")
  })
  const release = { ...v2, dir: "/nowhere", envFile: null }
  const ports = Layer.mergeAll(
    Layer.mock(HealthGate)({}),
    Layer.mock(SnapshotStore)({
      list: () => Effect.succeed([]),
      stage: () => Effect.as(note("stage"), meta),
      swap: () => Effect.as(note("swap"), [])
    }),
    Layer.mock(DataIdentity)({ look: () => Effect.succeed([seen]), mark: () => Effect.asVoid(note("mark")) }),
    Layer.mock(VersionSource)({
      checkout: () => Effect.succeed(release),
      existing: () => Effect.succeed(release)
    }),
    Layer.mock(Commands)({})
  )
  const work = { app: makeApp("/nowhere"), runtime, state, attempt, resumed: false, command: null }
  const [event] = yield* Effect.provide(perform(step, work), ports)
  return { event, did }
})

/** Verifies: LAW-15 */
describe("data that disappears during an attempt", () => {
  const whole: SeenVolume = { ...held, moved: false, mark: null }
  const empty: SeenVolume = { ...whole, held: false }

  it.live("is not marked, and the app is not started on it", () =>
    Effect.gen(function* () {
      const { did, event } = yield* performed("deploy", empty)
      assert.strictEqual(event.type, "DeployFailed")
      assert.include(JSON.stringify(event.data), "volume data held data and is empty")
      assert.deepStrictEqual(did, [])
      assert.deepStrictEqual((yield* performed("deploy", whole)).did, ["mark", "deploy", "mark"])
    })
  )

  it.live("is never in a snapshot", () =>
    Effect.gen(function* () {
      const { event } = yield* performed("snapshot", empty)
      assert.deepStrictEqual([event.type, JSON.stringify(event.data).includes("is empty")], ["StepFailed", true])
    })
  )

  it.live("is not restored to a filesystem that was mounted over its folder, or is not mounted, meanwhile", () =>
    Effect.gen(function* () {
      const failed = given([...before, upgrade, back("failure")])
      const over: SeenVolume = { ...whole, inode: "1@1800", mounted: true, held: false }
      for (const step of ["stage", "restore"] as const) {
        const { did, event } = yield* performed(step, over, failed)
        assert.deepStrictEqual([event.type, did], ["StepFailed", []], step)
        assert.include(JSON.stringify(event.data), "volume data: another filesystem is mounted over it", step)
      }
      const onDisk = make("WorldNoted", { services: [], volumes: [{ ...held, mounted: true, marked: false }] })
      const bare = yield* performed("stage", empty, given([onDisk, upgrade, back("failure")]))
      assert.include(JSON.stringify(bare.event.data), "its filesystem is not mounted")
      // What the failed version did to its data, or that it is gone, does not prevent a restore.
      assert.deepStrictEqual((yield* performed("stage", empty, failed)).did, ["stage"])
      assert.deepStrictEqual((yield* performed("stage", { ...whole, inode: null }, failed)).did, ["stage"])
      // An operator who restores has decided where.
      assert.deepStrictEqual((yield* performed("stage", over, given([...before, back("operator")]))).did, ["stage"])
    })
  )
})
