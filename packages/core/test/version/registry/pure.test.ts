/** Names of images, challenges of registries, and what an image tells: without a registry. */
import { assert, describe, it } from "@effect/vitest"
import { parseChallenge } from "../../../src/version/registry/Challenge.ts"
import { factsOf } from "../../../src/version/registry/facts.ts"
import { isInsecure } from "../../../src/version/registry/insecure.ts"
import { entryFor, platformOf } from "../../../src/version/registry/Manifest.ts"
import { isLoopback, parseReference, pinnedText, repositoryText } from "../../../src/version/registry/Reference.ts"

const digest = `sha256:${"a1".repeat(32)}`

describe("the name of an image", () => {
  it.each([
    ["postgres", "docker.io", "library/postgres", null, null],
    ["postgres:16", "docker.io", "library/postgres", "16", null],
    ["acme/app:1.0", "docker.io", "acme/app", "1.0", null],
    ["index.docker.io/library/redis", "docker.io", "library/redis", null, null],
    ["ghcr.io/acme/app/web:1.0", "ghcr.io", "acme/app/web", "1.0", null],
    ["localhost/app", "localhost", "app", null, null],
    ["127.0.0.1:5000/app:1", "127.0.0.1:5000", "app", "1", null],
    [`registry:5000/app:1@${digest}`, "registry:5000", "app", "1", digest],
    [`app@${digest}`, "docker.io", "library/app", null, digest]
  ])("%s", (text, registry, path, tag, hash) => {
    assert.deepStrictEqual(parseReference(text), { registry, path, tag, digest: hash })
  })

  it.each([
    "",
    "App",
    "app:",
    "app:1:2",
    "app:a b",
    "app@sha256:12",
    "https://ghcr.io/app",
    "../app",
    "app/../x",
    "-app",
    "a$(id)",
    `app:${"1".repeat(129)}`,
    "user:secret@host.example/app"
  ])("is not %j", (text) => assert.isNull(parseReference(text)))

  it("is written as people write it, with the digest that is deployed", () => {
    const hub = { registry: "docker.io", path: "library/postgres" }
    assert.strictEqual(repositoryText(hub), "postgres")
    assert.strictEqual(pinnedText(hub, "16", digest), `postgres:16@${digest}`)
  })

  it.each(["localhost", "localhost:5000", "127.0.0.1:5000", "127.8.9.1", "[::1]:5000"])("%s is this host", (name) =>
    assert.isTrue(isLoopback(name))
  )
  it.each(["127.0.0.1.example.org", "localhost.example.org", "10.0.0.1", "ghcr.io"])("%s is another host", (name) =>
    assert.isFalse(isLoopback(name))
  )
})

describe("a registry without a valid certificate", () => {
  const settings = ["nas.lan:5000", "10.0.0.0/8", "fd00::/8", "nonsense/99", "/8", "10.1.0.0/999"]
  it.each(["nas.lan:5000", "10.1.2.3", "10.1.2.3:5000", "[fd00::1]:5000"])("is %s, by the engine's settings", (host) =>
    assert.isTrue(isInsecure(host, settings))
  )
  it.each(["nas.lan", "nas.lan:5001", "11.0.0.1", "10.1.2.3.example.org", "[fe80::1]", "ghcr.io", ""])(
    "is not %j",
    (host) => assert.isFalse(isInsecure(host, settings))
  )
})

describe("a challenge", () => {
  it.each([
    [
      'Bearer realm="https://auth.example.org/token",service="reg, one",scope="repository:a/b:pull,push"',
      {
        _tag: "Bearer",
        realm: "https://auth.example.org/token",
        service: "reg, one",
        scope: "repository:a/b:pull,push"
      }
    ],
    ["bearer realm=https://a.example/t", { _tag: "Bearer", realm: "https://a.example/t", service: null, scope: null }],
    ['Basic realm="registry"', { _tag: "Basic" }],
    [
      'Basic realm="x", Bearer realm="https://a/t"',
      { _tag: "Bearer", realm: "https://a/t", service: null, scope: null }
    ],
    ["Negotiate", null],
    ["", null]
  ])("%s", (header, expected) => assert.deepStrictEqual(parseChallenge(header), expected as never))
})

describe("an index", () => {
  const entry = (os: string, architecture: string, variant?: string) => ({
    digest: `sha256:${Buffer.from(`${os}${architecture}${variant}`).toString("hex").padEnd(64, "0").slice(0, 64)}`,
    platform: variant === undefined ? { os, architecture } : { os, architecture, variant }
  })
  const manifest = {
    manifests: [
      entry("unknown", "unknown"),
      entry("linux", "arm", "v6"),
      entry("linux", "arm", "v7"),
      entry("linux", "arm64"),
      entry("linux", "amd64")
    ]
  }

  it.each([
    ["x64", entry("linux", "amd64").digest],
    ["arm64", entry("linux", "arm64").digest],
    ["arm", entry("linux", "arm", "v7").digest],
    ["s390x", null]
  ])("has for %s the image of that processor", (arch, expected) =>
    assert.strictEqual(entryFor(manifest, platformOf(arch)), expected)
  )
})

describe("an image tells", () => {
  const told = (path: string, config: object, created?: string) =>
    factsOf(digest, path, { ...(created === undefined ? {} : { created }), config })

  it("its version by the variable of its own name, then by its label", () => {
    const Labels = { "org.opencontainers.image.version": "22.04" }
    assert.strictEqual(
      told("library/postgres", { Env: ["PG_VERSION=16.4-1.pgdg120+1"], Labels }).version,
      "16.4-1.pgdg120"
    )
    assert.strictEqual(told("library/redis", { Env: ["REDIS_VERSION=7.2.5"], Labels }).version, "7.2.5")
    assert.strictEqual(told("acme/app", { Env: ["NODE_VERSION=24.1.0"], Labels }).version, "22.04")
    assert.isNull(told("acme/app", {}).version)
  })

  it("nothing that would not fit one line of plain characters", () => {
    const Labels = {
      "org.opencontainers.image.version": "1.0; rm -rf /",
      "org.opencontainers.image.source": "https://x.example/\n\u001b[31mred",
      "org.opencontainers.image.revision": "x".repeat(10_000)
    }
    const { revision, source, version } = told("acme/app", { Labels })
    assert.deepStrictEqual([version, source, revision], [null, null, null])
  })

  it.each(["1970-01-01T00:00:00Z", "1980-01-01T00:00:01Z", "0001-01-01T00:00:00Z", "soon", undefined])(
    "no time by %s",
    (created) => assert.isNull(told("acme/app", {}, created).created)
  )
})
