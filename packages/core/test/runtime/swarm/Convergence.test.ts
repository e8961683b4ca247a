import { assert, describe, it } from "@effect/vitest"
import type { Service, Task } from "../../../src/runtime/docker/stack/Services.ts"
import type { Convergence } from "../../../src/runtime/docker/untilConverged.ts"
import { converge, isOfSpec } from "../../../src/runtime/swarm/Convergence.ts"
import { inspectionOf } from "../../../src/runtime/swarm/inspect.ts"

const specOf = (commit: string, env: ReadonlyArray<string> = []) => ({
  ContainerSpec: { Image: "web:1", Labels: { "lastgood.commit": commit }, Env: [...env] },
  Placement: {},
  ForceUpdate: 0
})

const service = (changes: {
  readonly commit?: string
  readonly replicas?: number | "global"
  readonly update?: string
  readonly restart?: string
}): Service => {
  const { commit = "new", replicas = 1, update, restart = "any" } = changes
  return {
    ID: "s1",
    Spec: {
      Name: "app_web",
      Labels: { "lastgood.commit": commit },
      TaskTemplate: { ...specOf(commit), RestartPolicy: { Condition: restart } },
      Mode: replicas === "global" ? { Global: {} } : { Replicated: { Replicas: replicas } }
    },
    ...(update === undefined ? {} : { UpdateStatus: { State: update, Message: "update paused" } })
  }
}

const task = (
  id: string,
  state: string,
  { desired = "running", commit = "new", err = "" }: { desired?: string; commit?: string; err?: string } = {}
): Task => ({
  ID: id,
  ServiceID: "s1",
  NodeID: "n1",
  DesiredState: desired,
  Spec: specOf(commit),
  Status: { Timestamp: `2026-01-01T00:00:0${id.slice(-1)}Z`, State: state, Err: err }
})

/** @param second how long before the first task the deploy began. */
const look = (
  services: ReadonlyArray<Service>,
  tasks: ReadonlyArray<Task>,
  existed: ReadonlyArray<string> = [],
  second = 60
) => {
  const now = Date.parse("2026-01-01T00:00:10Z")
  const begunAt = Date.parse("2026-01-01T00:00:00Z") - second * 1000
  const expected = { stack: "app", services: ["web"], commit: "new", existedBefore: new Set(existed), begunAt }
  return converge(expected, { services, tasks }, now)
}

const tagOf = ({ _tag }: Convergence) => _tag

describe("Convergence", () => {
  it("waits for a missing service and for missing replicas", () => {
    assert.strictEqual(tagOf(look([], [])), "Waiting")
    assert.strictEqual(tagOf(look([service({ replicas: 2 })], [task("t1", "running")])), "Waiting")
    assert.deepStrictEqual(look([service({ replicas: 2 })], [task("t1", "running"), task("t2", "running")]), {
      _tag: "Converged",
      running: ["t1", "t2"]
    })
  })

  it("does not mistake the old task for the new one before a stop-first update begins", () => {
    assert.strictEqual(tagOf(look([service({})], [task("t1", "running", { commit: "old" })])), "Waiting")
  })

  it("waits until old tasks have stopped, also those of services that the release does not have", () => {
    const old = task("t1", "running", { commit: "old", desired: "shutdown" })
    assert.strictEqual(tagOf(look([service({})], [old, task("t2", "running")])), "Waiting")
    const pruned = { ...task("t3", "running"), ServiceID: "s9" }
    assert.strictEqual(tagOf(look([service({})], [task("t2", "running"), pruned])), "Waiting")
    const ended = task("t1", "shutdown", { commit: "old", desired: "shutdown" })
    assert.strictEqual(tagOf(look([service({})], [ended, task("t2", "running")])), "Converged")
  })

  it("waits only for updates in flight, because `paused` persists", () => {
    for (const [update, expected] of [
      ["updating", "Waiting"],
      ["rollback_started", "Waiting"],
      ["paused", "Converged"],
      ["completed", "Converged"],
      ["rollback_completed", "Converged"]
    ] as const) {
      assert.strictEqual(tagOf(look([service({ update })], [task("t1", "running")])), expected, update)
    }
  })

  it("fails if the swarm rolled back to the previous specification", () => {
    const back = service({ commit: "old", update: "rollback_completed" })
    assert.strictEqual(tagOf(look([back], [task("t1", "running", { commit: "old" })])), "Failed")
  })

  it("fails after two restarts in this deploy with the last reason, and allows one", () => {
    const ends = [1, 2].map((n) => task(`t${n}`, "failed", { desired: "shutdown", err: `end ${n}` }))
    const next = task("t4", "running")
    assert.strictEqual(tagOf(look([service({})], [...ends.slice(1), next])), "Converged")
    const given = look([service({})], [...ends, next])
    assert.deepStrictEqual(given, { _tag: "Failed", reason: "web: 2 tasks ended, the last: end 2" })
    assert.strictEqual(tagOf(look([service({})], [...ends, next], ["t1"])), "Converged")
    // An end with code 0 is a restart as well, where the policy is `any`.
    const complete = ends.map((end) => ({ ...end, Status: { ...end.Status, State: "complete" } }))
    assert.strictEqual(tagOf(look([service({})], [...complete, next])), "Failed")
    assert.strictEqual(tagOf(look([service({ restart: "on-failure" })], [...complete, next])), "Converged")
  })

  /** Verifies: LAW-9 */
  it("allows restarts until a database answers, for as long as a slow start may take", () => {
    const ends = [1, 2, 3].map((n) => task(`t${n}`, "failed", { desired: "shutdown" }))
    assert.strictEqual(tagOf(look([service({})], [...ends, task("t4", "running")], [], 0)), "Converged")
    assert.strictEqual(tagOf(look([service({})], [...ends, task("t4", "starting")], [], 26)), "Waiting")
    assert.strictEqual(tagOf(look([service({})], [...ends, task("t4", "starting")], [], 27)), "Failed")
  })

  it("allows each replica one restart", () => {
    const ends = [1, 2].map((n) => ({ ...task(`t${n}`, "failed", { desired: "shutdown" }), Slot: n }))
    const next = [3, 4].map((n) => ({ ...task(`t${n}`, "running"), Slot: n - 2 }))
    assert.strictEqual(tagOf(look([service({ replicas: 2 })], [...ends, ...next])), "Converged")
  })

  it("reports the restarts of each service, and whether it has ended for good", () => {
    const seen = (restart: string, tasks: ReadonlyArray<Task>) => {
      const [line] = inspectionOf("app", { services: [service({ restart })], tasks }, [], () => null).services
      return [line?.restarts, line?.dead === true]
    }
    const ended = (n: number, state = "failed") => task(`t${n}`, state, { desired: "shutdown" })
    assert.deepStrictEqual(seen("any", [task("t1", "running")]), [0, false])
    assert.deepStrictEqual(seen("any", [ended(1), ended(2), task("t3", "running")]), [2, false])
    assert.deepStrictEqual(seen("any", [ended(1, "complete"), ended(2, "complete"), task("t3", "ready")]), [2, false])
    assert.deepStrictEqual(seen("none", [ended(1)]), [0, true])
    assert.deepStrictEqual(seen("none", [ended(1, "complete")]), [0, false])
  })

  it("fails immediately if a failed task is not restarted, but not while a successor is pending", () => {
    const failed = task("t1", "failed", { desired: "shutdown", err: "exit 1" })
    assert.strictEqual(tagOf(look([service({ restart: "none" })], [failed])), "Failed")
    assert.strictEqual(tagOf(look([service({})], [failed, task("t2", "ready", { desired: "ready" })])), "Waiting")
  })

  it("counts a completed task as done only if the restart policy allows it", () => {
    const complete = task("t1", "complete", { desired: "shutdown" })
    assert.strictEqual(tagOf(look([service({ restart: "on-failure" })], [complete])), "Converged")
    const next = task("t2", "ready", { desired: "ready" })
    assert.strictEqual(tagOf(look([service({ restart: "any" })], [complete, next])), "Waiting")
    assert.strictEqual(tagOf(look([service({ restart: "any" })], [complete])), "Failed")
  })

  it("waits for a global service until the swarm has created its tasks", () => {
    const global = service({ replicas: "global" })
    assert.strictEqual(tagOf(look([global], [])), "Waiting")
    assert.strictEqual(tagOf(look([global], [task("t1", "running"), task("t2", "starting")])), "Waiting")
    assert.strictEqual(tagOf(look([global], [task("t1", "running"), task("t2", "running")])), "Converged")
  })

  it("recognizes a task of an older specification, ignoring its placement", () => {
    const now = service({})
    const old = task("t1", "running")
    assert.isTrue(isOfSpec(old, now))
    assert.isTrue(isOfSpec({ ...old, Spec: { ...old.Spec, Placement: { Constraints: ["node.id==x"] } } }, now))
    assert.isFalse(isOfSpec({ ...old, Spec: specOf("new", ["A=1"]) }, now))
    assert.isFalse(isOfSpec({ ...old, Spec: { ...old.Spec, ForceUpdate: 1 } }, now))
  })
})
