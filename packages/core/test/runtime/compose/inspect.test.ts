import { assert, describe, it } from "@effect/vitest"
import { configOf, configOfAll } from "../../../src/runtime/compose/configOf.ts"
import { inspectionOf } from "../../../src/runtime/compose/inspect.ts"
import type { Container } from "../../../src/runtime/docker/containers.ts"
import { canonical } from "../../../src/runtime/fingerprint.ts"
import { container, type Like } from "./container.ts"

interface Asked extends Like {
  readonly id?: string
  readonly config?: Readonly<Record<string, unknown>>
  readonly host?: Readonly<Record<string, unknown>>
}

const made = ({ id = "c1", config, host, ...like }: Asked): Container => {
  const one = container(like)
  return { ...one, Id: id, Config: { ...one.Config, ...config }, HostConfig: { ...one.HostConfig, ...host } }
}

const read = (asked: Asked) => JSON.stringify(canonical(configOf(made(asked))))

describe("the fingerprint of a docker compose container", () => {
  const anonymous = (digit: string) => ({ host: { Binds: [`${digit.repeat(64)}:/cache:rw`] } })
  const same: ReadonlyArray<readonly [string, Asked, Asked]> = [
    ["the number of the container", {}, { labels: { "com.docker.compose.container-number": "2" } }],
    ["the version of compose", {}, { labels: { "com.docker.compose.version": "2.1" } }],
    ["lastgood's own labels", {}, { labels: { "lastgood.version": "9", "lastgood.services": "web=9" } }],
    ["the engine's name for it", { config: { Hostname: "c1" } }, { id: "c2", config: { Hostname: "c2" } }],
    [
      "the container whose network it shares",
      { host: { NetworkMode: "container:a" } },
      { host: { NetworkMode: "container:b" } }
    ],
    ["a volume without a name that was made again", anonymous("a"), anonymous("b")],
    ["its image's id and other values of the engine", {}, { host: { ConsoleSize: [1, 2], MaskedPaths: ["/proc/x"] } }]
  ]
  /** Verifies: LAW-16 */
  for (const [title, a, b] of same) it(`does not change with ${title}`, () => assert.strictEqual(read(a), read(b)))

  const other: ReadonlyArray<readonly [string, Asked]> = [
    ["the hash of compose", { labels: { "com.docker.compose.config-hash": "other" } }],
    ["a foreign label", { labels: { "traefik.enable": "false" } }],
    ["another image", { config: { Image: "busybox:2" } }],
    ["a variable", { config: { Env: ["A=2"] } }],
    ["a command", { config: { Cmd: ["serve"] } }],
    ["a name of its own", { config: { Hostname: "shop" } }],
    ["a mount", { host: { Binds: ["/srv/shop:/data"] } }],
    ["a limit set by hand", { host: { Memory: 1_000_000 } }],
    ["a restart policy set by hand", { restart: "always" }],
    ["a port", { host: { PortBindings: { "80/tcp": [{ HostIp: "", HostPort: "8080" }] } } }],
    ["a connected network", { network: "n1" }]
  ]
  /** Verifies: LAW-16 */
  for (const [title, asked] of other) it(`changes with ${title}`, () => assert.notStrictEqual(read(asked), read({})))

  it("is the same for one container and for three equal ones, and changes if one differs", () => {
    const hash = (value: unknown) => JSON.stringify(canonical(value))
    const of = (...images: ReadonlyArray<string>) =>
      configOfAll(
        images.map((Image, index) => made({ id: `c${index}`, config: { Image } })),
        hash
      )
    assert.strictEqual(of("a"), of("a", "a", "a"))
    assert.notStrictEqual(of("a"), of("a", "b"))
    assert.strictEqual(of("a", "b"), of("b", "a"))
    assert.isNull(of())
  })
})

describe("the observed state of a project", () => {
  const services = { "lastgood.services": "db=1 web=1" }
  const byHand = { "lastgood.version": undefined, "lastgood.commit": undefined } as unknown as Record<string, string>

  /** Verifies: LAW-16 */
  it("reports a foreign service, an additional one, and a missing one", () => {
    const seen = inspectionOf([container({ labels: services }), container({ service: "extra", labels: byHand })])
    assert.deepStrictEqual([seen.version, seen.commit, seen.mixed], [null, null, true])
    assert.deepStrictEqual(
      seen.services.map((s) => [s.name, s.version, s.replicas, s.since]),
      [
        ["db", null, 1, null],
        ["extra", null, 1, "2026-01-01T00:00:00Z"],
        ["web", "2.0.0+2", 1, "2026-01-01T00:00:00Z"]
      ]
    )
    const whole = inspectionOf([container({ labels: services })])
    assert.deepStrictEqual([whole.version, whole.mixed, whole.services[0]?.version], ["2.0.0+2", false, "2.0.0+2"])
  })

  /** Verifies: LAW-16 */
  it("reports additional containers, restarts, and commands that are not services", () => {
    const twice = [
      container({ labels: services, restarts: 2 }),
      container({ labels: services, name: "shop-web-2", restarts: 1, startedAt: "2026-01-02T00:00:00.5Z" }),
      container({ name: "shop-web-run-1", labels: { "com.docker.compose.oneoff": "True" } })
    ]
    assert.deepStrictEqual(
      inspectionOf(twice).services.map((s) => [s.name, s.replicas, s.restarts, s.since, s.passing === true]),
      [
        ["db", 1, 0, null, false],
        ["web", 2, 2, "2026-01-02T00:00:00Z", false],
        ["shop-web-run-1", null, 0, null, true]
      ]
    )
  })
})
