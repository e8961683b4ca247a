import { assert, describe, it } from "@effect/vitest"
import type { Service, Task } from "../../../src/runtime/docker/stack/Services.ts"
import { canonical } from "../../../src/runtime/fingerprint.ts"
import { configOf } from "../../../src/runtime/swarm/configOf.ts"
import { inspectionOf } from "../../../src/runtime/swarm/inspect.ts"

const of = (release: string | null) =>
  release === null ? {} : { "lastgood.version": release, "lastgood.commit": `c${release}` }

interface Like {
  readonly release?: string | null
  readonly name?: string
  readonly container?: Readonly<Record<string, unknown>>
  readonly task?: Readonly<Record<string, unknown>>
  readonly spec?: Readonly<Record<string, unknown>>
  readonly mode?: Service["Spec"]["Mode"]
  readonly restart?: string
}

const service = (like: Like = {}): Service => {
  const { release = "1", name = "web", mode = { Replicated: { Replicas: 1 } }, restart = "any" } = like
  return {
    ID: name,
    UpdatedAt: "2026-01-01T00:00:10.5Z",
    Spec: {
      Name: `shop_${name}`,
      Labels: { "com.docker.stack.namespace": "shop", ...of(release) },
      Mode: mode,
      TaskTemplate: {
        ContainerSpec: { Image: "web:1", Labels: of(release), Env: ["A=1", "B=2"], ...like.container },
        RestartPolicy: { Condition: restart },
        ForceUpdate: 0,
        ...like.task
      },
      ...like.spec
    }
  }
}

const task = (of: Service, state: string, second: number, desired = "shutdown", slot = 1): Task => ({
  ID: `t${second}`,
  ServiceID: of.ID,
  Slot: slot,
  DesiredState: desired,
  Spec: of.Spec.TaskTemplate,
  Status: { Timestamp: `2026-01-01T00:00:${second}Z`, State: state }
})

const seen = (services: ReadonlyArray<Service>, tasks: ReadonlyArray<Task> = []) =>
  inspectionOf("shop", { services, tasks }, [], () => null)

describe("the fingerprint of a swarm service", () => {
  const networks = new Map([
    ["n1", "shop_default"],
    ["n2", "shop_default"],
    ["n3", "proxy"]
  ])
  const read = (like: Like) => JSON.stringify(canonical(configOf(service(like), networks)))
  const on = (...ids: ReadonlyArray<string>) => ({
    task: { Networks: ids.map((Target) => ({ Target, Aliases: ["web"] })) }
  })

  const same: ReadonlyArray<readonly [string, Like, Like]> = [
    ["a restart by hand", {}, { task: { ForceUpdate: 3 } }],
    ["lastgood's own labels", {}, { release: null }],
    ["a network that was made again", on("n1"), on("n2")],
    [
      "a secret recreated under its name",
      { container: { Secrets: [{ SecretID: "s1", SecretName: "key" }] } },
      { container: { Secrets: [{ SecretID: "s2", SecretName: "key" }] } }
    ],
    ["the platforms of the image in the registry", {}, { task: { Placement: { Platforms: [{ OS: "linux" }] } } }],
    ["the order of variables", {}, { container: { Env: ["B=2", "A=1"] } }]
  ]
  /** Verifies: LAW-16 */
  for (const [title, a, b] of same) it(`does not change with ${title}`, () => assert.strictEqual(read(a), read(b)))

  const other: ReadonlyArray<readonly [string, Like]> = [
    ["another image", { container: { Image: "web:2" } }],
    ["a variable", { container: { Env: ["A=1", "B=3"] } }],
    ["a command", { container: { Args: ["serve"] } }],
    ["a mount", { container: { Mounts: [{ Type: "volume", Source: "other", Target: "/data" }] } }],
    ["a secret", { container: { Secrets: [{ SecretID: "s1", SecretName: "key" }] } }],
    ["a removed HEALTHCHECK", { container: { Healthcheck: { Test: ["NONE"] } } }],
    ["a foreign label", { spec: { Labels: { "traefik.enable": "false" } } }],
    ["replicas", { mode: { Replicated: { Replicas: 2 } } }],
    ["no replicas", { mode: { Replicated: { Replicas: 0 } } }],
    ["a global service", { mode: { Global: {} } }],
    ["a job on every node", { mode: { GlobalJob: {} } }],
    ["a port", { spec: { EndpointSpec: { Ports: [{ TargetPort: 80, PublishedPort: 8080 }] } } }],
    ["limits", { task: { Resources: { Limits: { MemoryBytes: 1 } } } }],
    ["a constraint", { task: { Placement: { Constraints: ["node.role==worker"] } } }],
    ["a network", on("n3")],
    ["its update settings", { spec: { UpdateConfig: { Parallelism: 2 } } }]
  ]
  /** Verifies: LAW-16 */
  for (const [title, like] of other) it(`changes with ${title}`, () => assert.notStrictEqual(read(like), read({})))

  it("distinguishes all of them", () => {
    assert.strictEqual(new Set(other.map(([, like]) => read(like))).size, other.length)
  })
})

describe("the observed state of a stack", () => {
  /** Verifies: LAW-16 */
  it("reports services of two deployments, and one that lastgood did not deploy", () => {
    const [one] = seen([service()]).services
    assert.deepStrictEqual([one?.version, one?.commit, one?.image, one?.replicas], ["1", "c1", "web:1", 1])
    for (const release of ["2", null]) {
      const { version, commit, mixed } = seen([service(), service({ name: "db", release })])
      assert.deepStrictEqual([version, commit, mixed], [null, null, true])
    }
    const foreign = seen([service({ release: null, spec: { Labels: { "coop-cloud.shop.version": "1.0.0+1" } } })])
    assert.deepStrictEqual([foreign.version, foreign.mixed], ["1.0.0+1", false])
    assert.isNull(foreign.services[0]?.version)
  })

  it("counts the tasks that were recreated since the last change of the service", () => {
    const web = service()
    const older = service({ container: { Image: "web:0" } })
    const tasks = [
      task(older, "failed", 11),
      task(web, "failed", 10),
      task(web, "failed", 20),
      task(web, "complete", 30),
      task(web, "running", 40, "running"),
      task(web, "running", 41, "running", 2)
    ]
    assert.deepStrictEqual(
      seen([web], tasks).services.map(({ restarts, since, dead }) => [restarts, since, dead]),
      [[2, "2026-01-01T00:00:41Z", undefined]]
    )
    assert.strictEqual(seen([web], [task(web, "failed", 20)]).services[0]?.restarts, 0)
  })

  it("reports a service that ended and is not restarted", () => {
    const once = service({ restart: "none" })
    assert.isTrue(seen([once], [task(once, "failed", 20)]).services[0]?.dead)
    assert.isUndefined(seen([once], [task(once, "complete", 20)]).services[0]?.dead)
    assert.isUndefined(
      seen([once], [task(once, "failed", 20), task(once, "preparing", 21, "running")]).services[0]?.dead
    )
    assert.isUndefined(seen([once]).services[0]?.dead)
  })
})
