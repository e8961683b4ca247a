import { assert, describe, it } from "@effect/vitest"
import type { Compose } from "../../../src/runtime/docker/Compose.ts"
import { foreignVersion, releaseOf } from "../../../src/runtime/docker/stack/labels.ts"
import type { Service, Task } from "../../../src/runtime/docker/stack/Services.ts"
import { hazardsOf, type SwarmFacts } from "../../../src/runtime/swarm/Hazards.ts"
import type { Node } from "../../../src/runtime/swarm/nodes.ts"

const compose = (constraints: ReadonlyArray<string> = []): Compose => ({
  services: [
    {
      name: "db",
      image: "db:1",
      mounts: [{ kind: "volume", source: "data", target: "/data", readOnly: false }],
      labels: {},
      healthcheck: "image",
      constraints,
      ports: [],
      replicas: 1,
      maxPerNode: 0,
      nanoCpus: 0,
      memoryBytes: 0
    }
  ],
  volumes: [{ key: "data", name: "shop_data", external: false, driver: null, options: {}, file: null }],
  networks: [],
  secrets: [],
  configs: []
})

const service = (name: string, labels: Readonly<Record<string, string>> = {}): Service => ({
  ID: name,
  Spec: {
    Name: name,
    Labels: labels,
    TaskTemplate: {
      ContainerSpec: { Image: "db:1", Mounts: [{ Type: "volume", Source: "shop_data", Target: "/data" }] }
    },
    Mode: { Replicated: { Replicas: 1 } }
  }
})

const node = (hostname: string): Node => ({
  ID: hostname,
  Spec: { Role: "manager", Availability: "active" },
  Description: { Hostname: hostname, Platform: { Architecture: "x86_64", OS: "linux" }, Resources: {} },
  Status: { State: "ready" }
})

const task: Task = {
  ID: "t1",
  ServiceID: "shop_db",
  NodeID: "there",
  DesiredState: "running",
  Spec: {},
  Status: { Timestamp: "2026-01-01T00:00:00Z", State: "running" }
}

const facts = (changes: Partial<SwarmFacts> = {}): SwarmFacts => ({
  stack: "shop",
  answers: new Map(),
  compose: compose(),
  images: new Map(),
  folders: [],
  owners: { volumes: [], services: [], stacks: new Set(["shop"]) },
  volumes: [
    {
      kind: "volume",
      name: "shop_data",
      key: "data",
      path: "/v/_data",
      driver: "local",
      options: {},
      labels: {},
      created: null
    }
  ],
  running: { services: [], tasks: [] },
  containers: [],
  others: [],
  node: { id: "here", count: 1 },
  nodes: [node("one"), node("two")],
  listeners: [],
  objects: [],
  otherContainers: [],
  missing: [],
  ...changes
})

const kindsAndWhat = (found: SwarmFacts) => hazardsOf(found).map(({ kind, what }) => `${kind}: ${what}`)

/** Verifies: LAW-14 */
describe("Hazards", () => {
  it("finds none in an app on one host with named volumes", () => {
    assert.deepStrictEqual(hazardsOf(facts()), [])
  })

  it("finds tasks on another node, and services that may be placed there", () => {
    const running = { services: [service("shop_db")], tasks: [task] }
    assert.deepStrictEqual(kindsAndWhat(facts({ running, node: { id: "here", count: 2 } })), [
      "other-node: db runs on another node of the swarm"
    ])
    assert.deepStrictEqual(kindsAndWhat(facts({ node: { id: "here", count: 2 } })), [
      "other-node: db has data and may be placed on another node"
    ])
    const pinned = compose(["node.hostname == one"])
    assert.deepStrictEqual(hazardsOf(facts({ compose: pinned, node: { id: "here", count: 2 } })), [])
  })

  it("tells what was found about folders of the host", () => {
    const asked = { kind: "unanswered-folder", what: "db can write to /srv", next: "answer it" }
    assert.deepStrictEqual(kindsAndWhat(facts({ folders: [asked] })), ["unanswered-folder: db can write to /srv"])
  })

  it("finds a service that writes to a folder of the host and may be placed on another node", () => {
    const { services, ...rest } = compose()
    const mounts = [{ kind: "bind", source: "/srv", target: "/s", readOnly: false }] as const
    const bound = { ...rest, volumes: [], services: services.map((one) => ({ ...one, mounts })) }
    assert.deepStrictEqual(kindsAndWhat(facts({ compose: bound, volumes: [], node: { id: "here", count: 2 } })), [
      "other-node: db has data and may be placed on another node"
    ])
  })

  it("finds volumes that are not on this disk, foreign or anonymous", () => {
    const engineVolume = (Name: string, Options: Readonly<Record<string, string>> | null = null) => ({
      ...{ Name, Driver: "local", Mountpoint: `/v/${Name}/_data`, Options, Labels: null }
    })
    const owners = (volume: ReturnType<typeof engineVolume>) => ({ ...facts().owners, volumes: [volume] })
    assert.deepStrictEqual(kindsAndWhat(facts({ owners: owners(engineVolume("shop_data", { device: ":/x" })) })), [
      "foreign-driver: the volume shop_data is not a folder on this host's disk (type unknown)"
    ])
    const { Spec, ID } = service("shop_db")
    const Mounts = [{ Type: "volume", Source: "photos", Target: "/p" }]
    const running = {
      tasks: [],
      services: [{ ID, Spec: { ...Spec, TaskTemplate: { ContainerSpec: { Image: "db:1", Mounts } } } }]
    }
    assert.deepStrictEqual(kindsAndWhat(facts({ running, owners: owners(engineVolume("photos")) })), [
      "external-volume: the volume photos does not belong to the stack shop: lastgood cannot find it while the app is down"
    ])
    const answers = new Map([["volume:photos", "own"] as const])
    assert.deepStrictEqual(kindsAndWhat(facts({ answers, running, owners: owners(engineVolume("photos")) })), [])
    const container = {
      ...{ Id: "c1", Name: "/shop_db.1.x", Created: "2026-01-01T00:00:00Z" },
      State: { Status: "running", Running: true, ExitCode: 0 },
      Config: { Image: "db:1", Labels: { "com.docker.swarm.service.name": "shop_db" } },
      Mounts: [{ Type: "volume", Name: "a".repeat(64), Destination: "/cache", RW: true }]
    }
    assert.match(kindsAndWhat(facts({ containers: [container] })).join(), /^anonymous-volume: db keeps \/cache /)
  })

  it("finds services that no node can run", () => {
    const found = kindsAndWhat(facts({ compose: compose(["node.hostname == three"]) }))
    assert.match(found.join(), /db.*node\.hostname == three/)
  })

  it("names other users of a volume, in Docker and outside of it", () => {
    const others: SwarmFacts["others"] = [
      { kind: "service", who: "service blog_db", state: null, volume: "shop_data" },
      { kind: "process", who: "pid 12 (vim) has /v/_data/x open", state: null, volume: "shop_data" }
    ]
    assert.deepStrictEqual(kindsAndWhat(facts({ others })), [
      "shared-volume: the volume shop_data is also mounted by service blog_db",
      "held-volume: the volume shop_data is in use outside of the app: pid 12 (vim) has /v/_data/x open"
    ])
  })

  it("finds names that the swarm does not accept", () => {
    const stack = "a".repeat(61)
    assert.deepStrictEqual(
      hazardsOf(facts({ stack })).map(({ kind }) => kind),
      ["long-name"]
    )
    assert.deepStrictEqual(hazardsOf(facts({ stack: "a".repeat(60) })), [])
  })

  it("gives a remedy for each hazard", () => {
    const blog = { kind: "service", who: "service blog_db", state: null, volume: "shop_data" } as const
    const missing = [{ noun: "secret", name: "key", why: "does not exist" }]
    const found = hazardsOf(facts({ others: [blog], missing, node: { id: "x", count: 2 } }))
    assert.strictEqual(found.length, 3)
    assert.deepStrictEqual(
      found.filter(({ next }) => next === ""),
      []
    )
  })
})

describe("labels", () => {
  const ours = (version: string) => ({ "lastgood.version": version, "lastgood.commit": `c${version}` })
  it("give the release that all services agree on, or that they disagree, or that of Co-op Cloud's tools", () => {
    const coopCloud = service("shop_app", { "coop-cloud.shop.version": "1.0.0+2" })
    const [one, two, nobodys] = [service("a", ours("1")), service("b", ours("2")), service("c")]
    assert.deepStrictEqual(releaseOf([one, service("b", ours("1"))]), { version: "1", commit: "c1", mixed: false })
    for (const services of [
      [one, two],
      [one, nobodys]
    ]) {
      assert.deepStrictEqual(releaseOf(services), { version: null, commit: null, mixed: true })
    }
    for (const services of [[], [nobodys], [coopCloud, nobodys]]) {
      assert.deepStrictEqual(releaseOf(services), { version: null, commit: null, mixed: false })
    }
    assert.strictEqual(foreignVersion("shop", [coopCloud, nobodys]), "1.0.0+2")
    assert.strictEqual(foreignVersion("shop", [nobodys]), null)
  })
})
