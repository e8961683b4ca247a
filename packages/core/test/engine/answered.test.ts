import { assert, describe, it } from "@effect/vitest"
import { make } from "../../src/domain/Event.ts"
import { isAnswered } from "../../src/engine/answered.ts"
import { isUnobserved } from "../../src/engine/unobserved.ts"
import { given, v1, v2 } from "../domain/given.ts"

const taken = (snapshot: string, version: typeof v1) =>
  make("SnapshotTaken", { snapshot, ...version, volumes: [], bytes: 0, quietMs: 0 })

/** s1 is of 1.0.0 and s2, the newest, of 1.1.0, which runs; an operator's rollback is in flight. */
const goingBack = (to: typeof v1, snapshot: string) =>
  given([
    taken("s1", v1),
    make("UpgradeCommitted", { ...v2, previous: v1 }),
    taken("s2", v2),
    make("RollbackStarted", { attempted: v2, lastGood: to, snapshot, by: "operator", reason: "", plan: ["stage"] })
  ])

describe("a request that finds an attempt in flight", () => {
  it("is answered by it if it is the same request", () => {
    assert.isTrue(isAnswered(goingBack(v1, "s1"), { _tag: "Rollback", snapshot: null }))
    assert.isTrue(isAnswered(goingBack(v1, "s1"), { _tag: "Rollback", snapshot: "s1" }))
    assert.isTrue(isAnswered(goingBack(v2, "s2"), { _tag: "Restore", snapshot: null }))
  })

  it("is not answered by it if it names another snapshot", () => {
    assert.isFalse(isAnswered(goingBack(v1, "s1"), { _tag: "Rollback", snapshot: "s0" }))
    assert.isFalse(isAnswered(goingBack(v1, "s1"), { _tag: "Restore", snapshot: null }))
    // What is in flight restores the version that runs: no step back yet.
    assert.isFalse(isAnswered(goingBack(v2, "s2"), { _tag: "Rollback", snapshot: null }))
  })

  it("is not answered by it if it is another request, or if nothing is in flight", () => {
    assert.isFalse(isAnswered(goingBack(v1, "s1"), { _tag: "Snapshot" }))
    assert.isFalse(isAnswered(goingBack(v1, "s1"), { _tag: "Upgrade", to: null, trigger: "operator", fetch: false }))
    assert.isFalse(isAnswered(given([]), { _tag: "Rollback", snapshot: null }))
  })

  it("for a teardown is answered only by a teardown, not by a promote that left the app up", () => {
    const promoted = (plan: ReadonlyArray<string>) =>
      given([make("SnapshotAttempted", { of: v1, purpose: "promote", snapshot: "s1", plan: [...plan] })])
    const asked = (teardown: boolean) => ({ _tag: "Promote", version: null, capture: true, teardown }) as const
    assert.isTrue(isAnswered(promoted(["check", "undeploy"]), asked(true)))
    assert.isFalse(isAnswered(promoted(["check", "undeploy", "deploy"]), asked(true)))
    assert.isFalse(isAnswered(promoted(["check", "undeploy"]), asked(false)))
  })

  /** Verifies: LAW-2 */
  it("for a rollback is not answered by the rollback of a failed upgrade", () => {
    const back = { attempted: v2, lastGood: v1, snapshot: "s1", by: "failure", reason: "", plan: ["stage"] } as const
    const failing = given([
      taken("s1", v1),
      make("UpgradeAttempted", { from: v1, to: v2, trigger: "operator", snapshot: "s1", plan: ["deploy"] }),
      make("RollbackStarted", back)
    ])
    assert.isFalse(isAnswered(failing, { _tag: "Rollback", snapshot: null }))
    assert.isFalse(isAnswered(failing, { _tag: "Restore", snapshot: "s1" }))
  })
})

describe("an operator's decision", () => {
  it("is recorded however the earlier attempt ended; other commands are not run", () => {
    assert.isTrue(isUnobserved({ _tag: "Hold", reason: "audit", forMs: null }))
    assert.isTrue(isUnobserved({ _tag: "Release" }))
    assert.isTrue(isUnobserved({ _tag: "Retry", version: null }))
    assert.isFalse(isUnobserved({ _tag: "Snapshot" }))
  })
})
