import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { exampleApp } from "../../../plugins/src/testkit.ts"
import { make } from "../../src/domain/Event.ts"
import type { Ref } from "../../src/domain/Ref.ts"
import { effectiveFor, versionsOf } from "../../src/engine/effective.ts"
import { type Runtime, RuntimeFailed } from "../../src/runtime/Runtime.ts"
import { VersionSource } from "../../src/version/VersionSource.ts"
import { given } from "../domain/given.ts"
import { runtimeWith } from "../health/runtime.ts"

const app = { ...exampleApp("shop"), stage: "plugged" as const, extension: null }
const ref = (version: string): Ref => ({ version, commit: `c-${version}` })
const old = ref("1.0.0")
const newer = ref("1.1.0")

/** Every version is laid out; what its service declares is given. */
const releases = Layer.mock(VersionSource)({
  existing: (_, { version, commit }) => Effect.succeed({ version, commit, dir: "/none", envFile: null })
})
const saying = (labels: Readonly<Record<string, Readonly<Record<string, string>>>>): Runtime =>
  runtimeWith({
    declared: (_, { version }) => Effect.succeed([{ name: "web", labels: labels[version] ?? {}, healthcheck: null }])
  })
const effective = (runtime: Runtime, running: Ref | null, target: Ref | null) =>
  Effect.provide(effectiveFor(app, runtime, { running, target }), releases)

describe("an app of an attempt", () => {
  it.effect("uses the policy of the running version and the checks of the deployed one", () =>
    Effect.gen(function* () {
      const runtime = saying({
        "1.0.0": { "lastgood.policy": "patch", "lastgood.health.tcp": "old:1" },
        "1.1.0": { "lastgood.policy": "major", "lastgood.health.tcp": "newer:1" }
      })
      const forward = yield* effective(runtime, old, newer)
      assert.deepStrictEqual([forward.policy, forward.gate.checks.map(({ name }) => name)], ["patch", ["tcp newer:1"]])
      const back = yield* effective(runtime, old, old)
      assert.deepStrictEqual([back.policy, back.gate.checks.map(({ name }) => name)], ["patch", ["tcp old:1"]])
    })
  )

  /** Verifies: LAW-9 */
  it("uses the checks of the restored version in a rollback", () => {
    const asked = { from: old, to: newer, trigger: "operator", snapshot: "s1", plan: ["deploy"] } as const
    const back = {
      attempted: newer,
      lastGood: old,
      snapshot: "s1",
      by: "failure",
      reason: "",
      plan: ["deploy"]
    } as const
    const forward = [make("UpgradeAttempted", { ...asked, plan: [...asked.plan] })]
    const versions = (events: Parameters<typeof given>[0]) => {
      const { attempt } = given(events)
      return attempt === null ? null : versionsOf(attempt)
    }
    assert.deepStrictEqual(versions(forward), { running: old, target: newer })
    const returning = make("RollbackStarted", { ...back, plan: [...back.plan] })
    assert.deepStrictEqual(versions([...forward, returning]), { running: old, target: old })
  })

  /** Verifies: LAW-2, LAW-9 */
  it.effect("ignores invalid labels in a rollback", () =>
    Effect.gen(function* () {
      const labels = { "lastgood.policy": "weekly", "lastgood.nonsense": "1", "lastgood.health.deadline": "1m" }
      const back = yield* effective(saying({ "1.0.0": labels }), old, old)
      assert.deepStrictEqual([back.policy, back.gate.deadlineMs], ["minor", 60_000])
    })
  )

  it.effect("uses the configuration if the engine does not answer", () =>
    Effect.gen(function* () {
      const failed = new RuntimeFailed({ app: "shop", operation: "declared", reason: "no engine", next: "" })
      const broken = runtimeWith({ declared: () => Effect.fail(failed) })
      assert.deepStrictEqual(yield* effective(broken, old, newer), { ...app, stage: "effective" })
      const hanging = runtimeWith({ declared: () => Effect.never })
      const waiting = yield* Effect.forkChild(Effect.uninterruptible(effective(hanging, old, null)))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* Fiber.join(waiting), { ...app, stage: "effective" })
    })
  )
})
