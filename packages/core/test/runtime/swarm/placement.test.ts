import { assert, describe, it } from "@effect/vitest"
import { noOutline } from "../../../src/domain/Outline.ts"
import type { ComposeService } from "../../../src/runtime/docker/Compose.ts"
import { deployRequestOf } from "../../../src/runtime/docker/ComposeDeploy.ts"
import type { Service } from "../../../src/runtime/docker/stack/Services.ts"
import type { Node } from "../../../src/runtime/swarm/nodes.ts"
import { type Room, unplaceable } from "../../../src/runtime/swarm/placement.ts"
import { takenPorts } from "../../../src/runtime/swarm/ports.ts"

const node = (name: string, changes: Partial<Node["Spec"]> = {}, state = "ready"): Node => ({
  ID: `id-of-${name}`,
  Spec: { Role: "manager", Availability: "active", Labels: { disk: "ssd" }, ...changes },
  Description: {
    Hostname: name,
    Platform: { Architecture: "x86_64", OS: "linux" },
    Resources: { NanoCPUs: 2e9, MemoryBytes: 1024 ** 3 },
    Engine: { Labels: { zone: "a" } }
  },
  Status: { State: state }
})

const service = (changes: Partial<ComposeService> = {}): ComposeService => ({
  name: "web",
  image: "web:1",
  mounts: [],
  labels: {},
  healthcheck: "image",
  outline: noOutline,
  ...deployRequestOf(null, []),
  ...changes
})

const why = (room: Partial<Room>) =>
  unplaceable({ services: [service()], nodes: [node("one")], taken: { nanoCpus: 0, memoryBytes: 0 }, ...room }).map(
    ({ kind, what }) => `${kind}: ${what}`
  )

/** Verifies: LAW-14 */
describe("placement", () => {
  it("finds constraints that no node satisfies, in every form that the swarm supports", () => {
    const fits = (...constraints: ReadonlyArray<string>) => why({ services: [service({ constraints })] }).length === 0
    const good = [
      "node.hostname == one",
      "node.hostname==ONE",
      "node.id == id-of-one",
      "node.role != worker",
      "node.labels.disk == ssd",
      "node.labels.none != x",
      "engine.labels.zone == a",
      "node.platform.os == linux",
      "node.platform.arch == x86_64",
      "node.ip == 10.0.0.1"
    ]
    assert.deepStrictEqual(
      good.filter((constraint) => !fits(constraint)),
      []
    )
    const bad = [
      "node.hostname == two",
      "node.hostname != one",
      "node.labels.disk == hdd",
      "node.labels.none == x",
      "engine.labels.zone != a",
      // A variable that was left empty.
      "node.hostname == ",
      "one"
    ]
    assert.deepStrictEqual(
      bad.filter((constraint) => fits(constraint)),
      []
    )
    assert.deepStrictEqual(why({ services: [service({ constraints: ["node.hostname == two"] })] }), [
      "unplaceable: web cannot be placed: no ready node matches node.hostname == two"
    ])
  })

  it("finds that no node accepts tasks", () => {
    for (const nodes of [[], [node("one", { Availability: "drain" })], [node("one", {}, "down")]]) {
      assert.deepStrictEqual(why({ nodes }), ["unplaceable: web cannot be placed: no node is ready and active"])
    }
    assert.deepStrictEqual(why({ nodes: [], services: [service({ replicas: 0 })] }), [])
  })

  it("finds more replicas than the nodes allow", () => {
    const ports = [{ protocol: "tcp", published: 80, mode: "host" }] as const
    assert.deepStrictEqual(why({ services: [service({ replicas: 2, ports })] }), [
      "unplaceable: web cannot be placed: 2 replicas, at most 1 on each of 1 matching nodes"
    ])
    assert.lengthOf(why({ services: [service({ replicas: 5, maxPerNode: 2 })], nodes: [node("a"), node("b")] }), 1)
    assert.deepStrictEqual(
      why({ services: [service({ replicas: 4, maxPerNode: 2 })], nodes: [node("a"), node("b")] }),
      []
    )
  })

  it("finds reservations that no node has resources for, alone, together, and beside others", () => {
    const half = (name: string) => service({ name, nanoCpus: 1e9, memoryBytes: 512 * 1024 ** 2 })
    assert.deepStrictEqual(why({ services: [half("a"), half("b")] }), [])
    assert.deepStrictEqual(why({ services: [half("a"), half("b"), half("c")] }), [
      "unplaceable: c cannot be placed: it reserves 1 CPUs and 512 MiB, but no node has that much left"
    ])
    assert.lengthOf(why({ services: [service({ memoryBytes: 2 * 1024 ** 3 })] }), 1)
    assert.lengthOf(why({ services: [half("a")], taken: { nanoCpus: 1.5e9, memoryBytes: 0 } }), 1)
    assert.lengthOf(why({ services: [{ ...half("a"), replicas: 3 }] }), 1)
  })
})

/** Verifies: LAW-14 */
describe("ports", () => {
  const existing = (name: string, stack: string, PublishedPort: number, PublishMode = "ingress"): Service => ({
    ID: name,
    Spec: {
      Name: name,
      Labels: { "com.docker.stack.namespace": stack },
      TaskTemplate: {},
      Mode: { Replicated: { Replicas: 1 } }
    },
    Endpoint: { Ports: [{ Protocol: "tcp", PublishedPort, PublishMode }] }
  })
  const nginx = { protocol: "tcp", port: 80, address: "*", who: "pid 12 (nginx)", container: null } as const
  const taken = (ports: ReadonlyArray<string>, changes: Partial<Parameters<typeof takenPorts>[0]> = {}) =>
    takenPorts({
      stack: "shop",
      services: [service(deployRequestOf(null, ports))],
      existing: [],
      listeners: [],
      nodes: 1,
      ...changes
    }).map(({ what }) => what)

  it("are taken by a service of another stack or a process of the host, but not by the stack itself", () => {
    assert.deepStrictEqual(taken(["80:8080"], { existing: [existing("blog_web", "blog", 80)] }), [
      "web publishes port 80/tcp, which is in use by service blog_web"
    ])
    assert.deepStrictEqual(taken(["80:8080"], { listeners: [nginx] }), [
      "web publishes port 80/tcp, which is in use by pid 12 (nginx)"
    ])
    const own = [existing("shop_web", "shop", 80)]
    assert.deepStrictEqual(taken(["80:8080"], { existing: own, listeners: [nginx] }), [])
    assert.deepStrictEqual(taken(["80:8080/udp", "81:8080", "8080"], { listeners: [nginx] }), [])
    assert.lengthOf(taken(["79-81:79-81"], { listeners: [nginx] }), 1)
    assert.lengthOf(taken(["127.0.0.1:80:80"], { listeners: [nginx] }), 1)
  })

  it("in use on one node are free on another", () => {
    const hosted = [existing("blog_web", "blog", 80, "host")]
    assert.deepStrictEqual(taken(["80:80"], { existing: hosted, nodes: 2 }), [])
    assert.lengthOf(taken(["80:80"], { existing: hosted }), 1)
  })
})

describe("the placement of a compose file", () => {
  it("is read from short and long forms", () => {
    const { ports, ...rest } = deployRequestOf(
      {
        mode: "replicated",
        replicas: "3",
        placement: { max_replicas_per_node: 2 },
        resources: { reservations: { cpus: "0.5", memory: "1.5g" } }
      },
      [{ target: 80, published: "8080", mode: "host", protocol: "udp" }, { target: 81 }, "[::1]:90:90", 5000]
    )
    assert.deepStrictEqual(rest, {
      constraints: [],
      replicas: 3,
      maxPerNode: 2,
      nanoCpus: 5e8,
      memoryBytes: 1.5 * 1024 ** 3
    })
    assert.deepStrictEqual(ports, [
      { protocol: "udp", published: 8080, mode: "host" },
      { protocol: "tcp", published: 90, mode: "ingress" }
    ])
    assert.isNull(deployRequestOf({ mode: "global" }, []).replicas)
    assert.strictEqual(
      deployRequestOf({ resources: { reservations: { memory: "50M" } } }, []).memoryBytes,
      50 * 1024 ** 2
    )
  })
})
