import { assert, describe, it } from "@effect/vitest"
import type { DataAnswer } from "../../../src/domain/App.ts"
import type { ServiceMore } from "../../../src/runtime/compose/ComposeProject.ts"
import { type ComposeFacts, hazardsOf } from "../../../src/runtime/compose/Hazards.ts"
import { toProjectVolume, volumesOf } from "../../../src/runtime/compose/volumes.ts"
import type { ComposeObject } from "../../../src/runtime/docker/Compose.ts"
import type { Container } from "../../../src/runtime/docker/containers.ts"
import type { EngineVolume } from "../../../src/runtime/docker/volumes.ts"
import { container } from "./container.ts"

const object = (key: string, more: Partial<ComposeObject> = {}): ComposeObject => ({
  key,
  name: `shop_${key}`,
  external: false,
  driver: null,
  options: {},
  file: null,
  ...more
})

const volume = (Name: string, Labels: Readonly<Record<string, string>> | null = null): EngineVolume => ({
  Name,
  Driver: "local",
  Mountpoint: `/v/${Name}/_data`,
  Options: null,
  Labels
})

const web = (more: Partial<ServiceMore> = {}): ComposeFacts["project"] => ({
  compose: {
    services: [
      {
        name: "web",
        image: "web:1",
        mounts: [{ kind: "volume", source: "data", target: "/data", readOnly: false }],
        constraints: [],
        ports: [],
        replicas: 1,
        maxPerNode: 0,
        nanoCpus: 0,
        memoryBytes: 0
      }
    ],
    volumes: [object("data")],
    networks: [object("default")],
    secrets: [],
    configs: []
  } as unknown as ComposeFacts["project"]["compose"],
  more: new Map([["web", { scale: 1, containerName: null, platform: null, published: [], ...more }]]),
  services: new Map([["web", more.scale ?? 1]])
})

const found = (changes: Partial<ComposeFacts> = {}) =>
  hazardsOf({
    stack: "shop",
    answers: new Map(),
    project: web(),
    images: new Map(),
    folders: [],
    owners: { volumes: [], known: new Set(["shop"]) },
    volumes: [],
    containers: [],
    otherContainers: [],
    others: [],
    networks: [],
    listeners: [],
    missing: [],
    unknownProfiles: [],
    unset: [],
    projectName: null,
    ...changes
  }).map(({ kind, what }) => `${kind}: ${what}`)

const other = (like: Parameters<typeof container>[0]) =>
  container({ labels: { "com.docker.compose.project": "blog" }, ...like })

/** Verifies: LAW-14 */
describe("Hazards of a project", () => {
  it("are empty for an app with named volumes, up or down", () => {
    assert.deepStrictEqual(found(), [])
    assert.deepStrictEqual(found({ containers: [container()] }), [])
  })

  it("include ports of others, by address, but not the app's own", () => {
    const project = web({ published: [{ address: "127.0.0.1", port: 80, protocol: "tcp" }] })
    const ports = (HostIp: string) => ({ "8080/tcp": [{ HostIp, HostPort: "80" }] })
    const listener = { protocol: "tcp", port: 80, who: "pid 12 (nginx)", container: null } as const
    const taken = (who: string) => [`port-taken: web publishes port 80/tcp, which is in use by ${who}`]
    const blog = { name: "blog-web-1" }
    assert.deepStrictEqual(
      found({ project, otherContainers: [other({ ...blog, ports: ports("0.0.0.0") })] }),
      taken("container blog-web-1")
    )
    assert.deepStrictEqual(found({ project, otherContainers: [other({ ...blog, ports: ports("10.0.0.1") })] }), [])
    assert.deepStrictEqual(
      found({ project, otherContainers: [other({ ...blog, status: "exited", ports: ports("0.0.0.0") })] }),
      []
    )
    assert.deepStrictEqual(found({ project, listeners: [{ ...listener, address: "*" }] }), taken("pid 12 (nginx)"))
    assert.deepStrictEqual(found({ project, listeners: [{ ...listener, address: "10.0.0.1" }] }), [])
    // Docker's proxy listens for the app's own container.
    const own = { containers: [container({ ports: ports("127.0.0.1") })] }
    assert.deepStrictEqual(found({ project, ...own, listeners: [{ ...listener, address: "127.0.0.1" }] }), [])
  })

  /** Verifies: LAW-10 */
  it("stay the same while a container in the way starts and stops, so that they are one alert", () => {
    const project = web({ containerName: "web" })
    const at = (status: string) => found({ project, otherContainers: [other({ name: "web", status })] })
    assert.deepStrictEqual(at("restarting"), at("running"))
    const mounts = (state: string) =>
      found({ project, others: [{ kind: "container", who: "container backup", state, volume: "shop_data" }] })
    assert.deepStrictEqual(mounts("exited"), mounts("running"))
  })

  it("include container names that are taken", () => {
    const why = (name: string) =>
      `taken-name: web needs the container name ${name}, which is taken by a container outside of the project shop`
    const project = web({ scale: 2 })
    assert.deepStrictEqual(found({ project, otherContainers: [other({ name: "shop-web-2", status: "exited" })] }), [
      why("shop-web-2")
    ])
    const named = web({ containerName: "web" })
    assert.deepStrictEqual(found({ project: named, otherContainers: [other({ name: "web", status: "exited" })] }), [
      why("web")
    ])
    assert.deepStrictEqual(found({ project: named, otherContainers: [other({ name: "shop-web-1" })] }), [])
  })

  it("include networks that compose did not create, and own networks that others use", () => {
    const network = (Labels: Readonly<Record<string, string>> | null) => [{ Id: "n1", Name: "shop_default", Labels }]
    const label = "com.docker.compose.network"
    const own = { "com.docker.compose.project": "shop", [label]: "default" }
    assert.deepStrictEqual(found({ networks: network(own) }), [])
    assert.deepStrictEqual(found({ networks: network(null) }), [
      "taken-network: the release creates a network shop_default, but an existing network of that name was not made by docker compose"
    ])
    assert.deepStrictEqual(found({ networks: network({ ...own, "com.docker.compose.project": "blog" }) }), [
      "taken-network: the release creates a network shop_default, but an existing network of that name belongs to the project blog"
    ])
    assert.deepStrictEqual(
      found({ networks: network(own), otherContainers: [other({ name: "proxy", network: "n1" })] }),
      [
        "shared-network: container proxy is outside of the project and uses its network shop_default, so the app cannot be taken down"
      ]
    )
  })

  it("include foreign and anonymous volumes, and writable bind mounts", () => {
    const owners = { volumes: [volume("photos")], known: new Set(["shop"]) }
    const mount = (more: object) => [{ Type: "volume", Destination: "/p", RW: true, ...more }]
    assert.deepStrictEqual(found({ owners, containers: [container({ mounts: mount({ Name: "photos" }) })] }), [
      "external-volume: the volume photos does not belong to the project shop: lastgood cannot find it while the app is down"
    ])
    const answers = new Map([["volume:photos", "own"] as const])
    assert.deepStrictEqual(
      found({ answers, owners, containers: [container({ mounts: mount({ Name: "photos" }) })] }),
      []
    )
    const anonymous = mount({ Name: "a".repeat(64) })
    assert.match(found({ containers: [container({ mounts: anonymous })] }).join(), /^anonymous-volume: web keeps \/p /)
    assert.deepStrictEqual(found({ projectName: "shop" }), [])
    assert.deepStrictEqual(found({ projectName: "wiki" }), [
      "other-project: docker compose names the project of its folder wiki, but lastgood names it shop"
    ])
    const asked = { kind: "unanswered-folder", what: "web can write to /srv", next: "say whose it is" }
    assert.deepStrictEqual(found({ folders: [asked] }), ["unanswered-folder: web can write to /srv"])
  })

  it("include volumes that others use, that are not on this disk, or that do not exist", () => {
    const others: ComposeFacts["others"] = [
      { kind: "container", who: "container backup", state: "running", volume: "shop_data" }
    ]
    assert.deepStrictEqual(found({ others }), [
      "shared-volume: the volume shop_data is also mounted by container backup"
    ])
    const label = { "com.docker.compose.project": "shop" }
    const remote = { ...volume("shop_data", label), Options: { type: "nfs", device: ":/srv", o: "addr=10.0.0.1" } }
    assert.deepStrictEqual(found({ owners: { volumes: [remote], known: new Set(["shop"]) } }), [
      "foreign-driver: the volume shop_data is not a folder on this host's disk (type nfs)"
    ])
    assert.deepStrictEqual(found({ missing: [{ noun: "network", name: "proxy", why: "does not exist" }] }), [
      "missing-network: the network proxy does not exist"
    ])
  })

  it("include volumes of a foreign driver that only the release adds", () => {
    const project = web()
    const brought = (more: Partial<ComposeObject>) =>
      found({ project: { ...project, compose: { ...project.compose, volumes: [object("files", more)] } } })
    const what = (how: string) => [`foreign-driver: the volume shop_files is not a folder on this host's disk (${how})`]
    assert.deepStrictEqual(brought({ driver: "s3fs" }), what("driver s3fs"))
    assert.deepStrictEqual(brought({ options: { type: "cifs", device: "//nas/files" } }), what("type cifs"))
    assert.deepStrictEqual(brought({}), [])
    // One that is external is not made by the release: whether it is there is asked elsewhere.
    assert.deepStrictEqual(brought({ driver: "s3fs", external: true }), [])
  })

  it("include volumes that an image declares, unless something is mounted there", () => {
    const images = (path: string) =>
      new Map([["web", { Id: "sha256:1", RepoDigests: null, Config: { Volumes: { [path]: {} } } }]])
    assert.match(found({ images: images("/cache") }).join(), /^anonymous-volume: web keeps \/cache /)
    // Only the loss can be accepted: nothing finds such a volume again.
    const answered = (answer: DataAnswer) => new Map([["web:/cache", answer]])
    assert.deepStrictEqual(found({ images: images("/cache/"), answers: answered("external") }), [])
    assert.strictEqual(found({ images: images("/cache"), answers: answered("own") }).length, 1)
    assert.deepStrictEqual(found({ images: images("/data") }), [])
    assert.deepStrictEqual(found({ images: images("/data/") }), [])
  })

  it("include variables, profiles and external secrets that compose would only warn about or refuse too late", () => {
    const project = web()
    const secrets = {
      ...project,
      compose: { ...project.compose, secrets: [object("s", { external: true, name: "s" })] }
    }
    assert.deepStrictEqual(found({ project: secrets, unset: ["TOKEN"], unknownProfiles: ["mail"] }), [
      "missing-variable: the variable TOKEN is not set",
      "missing-profile: COMPOSE_PROFILES of the env file names mail, but the release has no such profile",
      "external-secret: the secret s is external, which docker compose does not support"
    ])
  })
})

describe("The volumes of a project", () => {
  const label = (project: string) => ({ "com.docker.compose.project": project })

  it("are those with its label, those with its name, and those of an earlier swarm stack", () => {
    const volumes = [
      volume("shop_data", label("shop")),
      volume("shop_by_hand"),
      volume("shop_ci_data", label("shop_ci")),
      volume("shop_ci_by_hand"),
      volume("shop_swarm", { "com.docker.stack.namespace": "shop" }),
      volume("shop_other", { "com.docker.stack.namespace": "other" }),
      volume("photos", { ...label("shop"), "com.docker.compose.volume": "pictures" })
    ]
    const owners = { volumes, known: new Set(["shop", "shop_ci", "other"]) }
    assert.deepStrictEqual(
      volumesOf({ data: new Map(), stack: "shop" }, owners, []).map(({ key }) => key),
      ["data", "by_hand", "swarm", "pictures"]
    )
  })

  /** Verifies: LAW-15 */
  it("include those that the operator calls its own, also while it is down, and leave out external ones", () => {
    const photos = container({ mounts: [{ Type: "volume", Destination: "/p", RW: true, Name: "photos" }] })
    const owners = { volumes: [volume("photos"), volume("shop_cache")], known: new Set(["shop"]) }
    const named = (answers: Readonly<Record<string, DataAnswer>>, containers: ReadonlyArray<Container> = []) =>
      volumesOf({ data: new Map(Object.entries(answers)), stack: "shop" }, owners, containers).map(({ name }) => name)
    assert.deepStrictEqual(named({ "volume:photos": "own" }), ["photos", "shop_cache"])
    assert.deepStrictEqual(named({ "volume:photos": "external" }, [photos]), ["shop_cache"])
    assert.deepStrictEqual(named({ "volume:shop_cache": "external" }, [photos]), ["photos"])
  })

  it("have the recipe's names, whatever the engine calls them", () => {
    const labels = { ...label("shop"), "com.docker.compose.volume": "pictures" }
    assert.strictEqual(toProjectVolume("shop", volume("photos", labels)).key, "pictures")
    assert.strictEqual(toProjectVolume("shop", volume("shop_data")).key, "data")
    assert.strictEqual(toProjectVolume("shop", volume("photos")).key, "photos")
  })
})
