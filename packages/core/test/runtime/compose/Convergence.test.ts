import { assert, describe, it } from "@effect/vitest"
import { converge } from "../../../src/runtime/compose/Convergence.ts"
import { inspectionOf } from "../../../src/runtime/compose/inspect.ts"
import type { Inspection } from "../../../src/runtime/Runtime.ts"
import { container, type Like } from "./container.ts"

const begunAt = Date.parse("2026-01-01T00:00:00Z")
const linesOf = ({ services }: Inspection) => services.map(({ name, state, ok }) => [name, state, ok])

const judge = (
  containers: ReadonlyArray<Like>,
  services: Readonly<Record<string, number>> = { web: 1 },
  before: Readonly<Record<string, number>> = {},
  second = 40
) => {
  const seen = converge(
    {
      services: new Map(Object.entries(services)),
      commit: "c2",
      restartsBefore: new Map(Object.entries(before)),
      begunAt
    },
    containers.map(container),
    begunAt + second * 1000
  )
  switch (seen._tag) {
    case "Converged":
      return "converged"
    case "Waiting":
      return `waiting for ${seen.waitingFor.join("; ")}`
    case "Failed":
      return `failed: ${seen.reason}`
  }
}

describe("a project has converged", () => {
  it("when each service has exactly its containers of this release running", () => {
    assert.strictEqual(judge([{}]), "converged")
    assert.strictEqual(judge([]), "waiting for web: 0/1")
    assert.strictEqual(judge([{}], { web: 2 }), "waiting for web: 1/2")
    assert.strictEqual(judge([{}, { name: "shop-web-2" }]), "waiting for web: 2/1")
    assert.strictEqual(judge([{}, { service: "db" }], { web: 1, db: 1 }), "converged")
  })

  it("not while containers of another release or of unknown services exist", () => {
    const old = { "lastgood.commit": "c1" }
    assert.strictEqual(judge([{ labels: old }]), "waiting for web: 1 containers of another release")
    assert.strictEqual(
      judge([{}, { service: "gone", labels: old }]),
      "waiting for 1 containers of services that the release does not have"
    )
    const oneOff = { "com.docker.compose.oneoff": "True" }
    assert.strictEqual(judge([{}, { name: "shop-web-run-1", labels: oneOff, status: "exited", code: 9 }]), "converged")
  })

  it("with finished containers that are not restarted", () => {
    assert.strictEqual(judge([{ status: "exited" }]), "converged")
    assert.strictEqual(judge([{ status: "exited", restart: "on-failure" }]), "converged")
    assert.strictEqual(judge([{ status: "exited", restart: "always" }]), "waiting for web: 0/1 (exited (exit code 0))")
    assert.strictEqual(judge([{ status: "paused" }]), "waiting for web: 0/1 (paused)")
  })

  it("never if a container failed for good, could not be started, or restarts repeatedly", () => {
    const dead = "failed: web: exited (exit code 3), and it is not restarted"
    assert.strictEqual(judge([{ status: "exited", code: 3 }]), dead)
    assert.strictEqual(judge([{ status: "exited", code: 3, restart: "on-failure" }]), dead)
    assert.strictEqual(
      judge([{ status: "created", error: "port is already allocated" }]),
      "failed: web: port is already allocated, and it is not restarted"
    )
    const looping: Like = { status: "restarting", code: 1, restart: "always", restarts: 2 }
    assert.strictEqual(judge([looping]), "failed: web: restarted 2 times, now restarting (exit code 1)")
    assert.strictEqual(judge([{ ...looping, restarts: 1 }]), "waiting for web: 0/1 (restarting (exit code 1))")
    assert.strictEqual(judge([{ restarts: 7, restart: "always" }], { web: 1 }, { "shop-web-1": 7 }), "converged")
  })

  /** Verifies: LAW-9 */
  it("with containers that restarted until their database answered, but not with those that still do so", () => {
    const starting: Like = { status: "restarting", code: 1, restart: "always", restarts: 5 }
    const waiting = "waiting for web: 0/1 (restarting (exit code 1))"
    assert.strictEqual(judge([starting], { web: 1 }, {}, 29), waiting)
    assert.match(judge([starting], { web: 1 }, {}, 30), /^failed: web: restarted 5 times/)
    const up: Like = { restart: "always", restarts: 5, startedAt: "2026-01-01T00:00:06.5Z" }
    assert.strictEqual(judge([up], { web: 1 }, {}, 8), "converged")
    assert.strictEqual(judge([up], { web: 1 }, {}, 300), "converged")
    const again: Like = { ...up, startedAt: "2026-01-01T00:00:51Z" }
    assert.strictEqual(judge([again], { web: 1 }, {}, 52), "failed: web: restarted 5 times, now running")
  })
})

describe("running containers of a project", () => {
  /** Verifies: LAW-9 */
  it("have to stay up again after a restart", () => {
    const runningAt = (startedAt: string) => {
      const expected = { services: new Map([["web", 1]]), commit: "c2", restartsBefore: new Map(), begunAt }
      const seen = converge(expected, [container({ startedAt, restart: "always" })], begunAt)
      return seen._tag === "Converged" ? seen.running.join() : seen._tag
    }
    assert.strictEqual(runningAt("2026-01-01T00:00:00Z"), runningAt("2026-01-01T00:00:00Z"))
    assert.notStrictEqual(runningAt("2026-01-01T00:00:00Z"), runningAt("2026-01-01T00:00:02Z"))
  })
})

describe("an inspection", () => {
  /** Verifies: LAW-9 */
  it("distinguishes failed containers from finished and restarted ones", () => {
    const dead = (like: Like) => inspectionOf([container(like)]).services[0]?.dead === true
    assert.isTrue(dead({ status: "exited", code: 3 }))
    assert.isTrue(dead({ status: "exited", code: 3, restart: "on-failure" }))
    assert.isFalse(dead({ status: "exited", code: 0 }))
    assert.isFalse(dead({ status: "restarting", code: 3, restart: "always" }))
    assert.isFalse(dead({}))
  })

  /** Verifies: LAW-1 */
  it("finds a project of which only a `docker compose run` is left, because it may write", () => {
    const labels = { "com.docker.compose.oneoff": "True" }
    const seen = inspectionOf([container({ name: "shop-web-run-1", labels })])
    assert.deepStrictEqual([seen.present, seen.converged], [true, false])
  })

  it("reports the release that all containers agree on", () => {
    const { version, commit } = inspectionOf([container(), container({ service: "db" })])
    assert.deepStrictEqual([version, commit], ["2.0.0+2", "c2"])
    const mixed = [container(), container({ service: "db", labels: { "lastgood.version": "1.0.0+1" } })]
    assert.deepStrictEqual([inspectionOf(mixed).version, inspectionOf(mixed).mixed], [null, true])
    assert.deepStrictEqual(inspectionOf([]), {
      present: false,
      converged: false,
      version: null,
      commit: null,
      mixed: false,
      services: []
    })
  })

  it("reports a missing service, and counts finished ones", () => {
    const labels = { "lastgood.services": "db=1 migrate=1 web=2" }
    const there = [
      container({ labels }),
      container({ labels, name: "shop-web-2" }),
      container({ labels, service: "migrate", status: "exited" })
    ]
    const seen = inspectionOf(there)
    assert.isFalse(seen.converged)
    assert.deepStrictEqual(linesOf(seen), [
      ["db", "0/1", false],
      ["migrate", "0/1 (done)", true],
      ["web", "2/2", true]
    ])
    assert.isTrue(inspectionOf([...there, container({ labels, service: "db" })]).converged)
  })

  it("does not report a stopping container as healthy", () => {
    const seen = inspectionOf([container({ name: "shop-web-1.stopping" })])
    assert.deepStrictEqual(linesOf(seen), [["web", "1/1 (stopping)", false]])
  })
})
