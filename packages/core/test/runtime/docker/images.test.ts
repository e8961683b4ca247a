import { assert, describe, it } from "@effect/vitest"
import { hasHealthcheck, isMadeHere, pinned } from "../../../src/runtime/docker/images.ts"
import { boundFolder, isOnThisDisk, toVolume } from "../../../src/runtime/docker/volumes.ts"
import { belongsTo } from "../../../src/runtime/swarm/volumes.ts"

const image = (...RepoDigests: ReadonlyArray<string>) => ({ Id: "sha256:1", RepoDigests })

describe("pinned", () => {
  it("adds the digest of the local image, of the same repository only", () => {
    const here = image("other@sha256:9", "mirror/keycloak/keycloak@sha256:8", "keycloak/keycloak@sha256:1")
    for (const name of ["keycloak/keycloak:26.0", "docker.io/keycloak/keycloak:26.0"]) {
      assert.strictEqual(pinned(name, here), `${name}@sha256:1`)
    }
    assert.strictEqual(pinned("postgres:15", image("postgres@sha256:2")), "postgres:15@sha256:2")
    assert.strictEqual(pinned("host:5000/a", image("host:5000/a@sha256:3")), "host:5000/a@sha256:3")
  })

  it("keeps a digest, and images that are not in a registry", () => {
    assert.strictEqual(pinned("a:1@sha256:7", image("a@sha256:8")), "a:1@sha256:7")
    assert.strictEqual(pinned("a:1", image()), "a:1")
    assert.strictEqual(pinned("a:1", { Id: "x", RepoDigests: null }), "a:1")
  })
})

describe("an image that was made on this host", () => {
  it("is in no registry by its own name, whatever other names it has", () => {
    assert.isTrue(isMadeHere("postgres:15", image("127.0.0.1:5000/postgres@sha256:2")))
    assert.isTrue(isMadeHere("postgres:15", image()))
    assert.isFalse(isMadeHere("postgres:15", image("127.0.0.1:5000/postgres@sha256:2", "postgres@sha256:2")))
    assert.isFalse(isMadeHere("postgres:15", undefined))
  })
})

describe("the HEALTHCHECK of an image", () => {
  it("exists unless it is NONE", () => {
    const tested = (Test?: ReadonlyArray<string>) =>
      hasHealthcheck({ ...image(), Config: { Healthcheck: Test === undefined ? null : { Test } } })
    assert.deepStrictEqual(
      [tested(["CMD", "true"]), tested(["NONE"]), tested([]), tested()],
      [true, false, false, false]
    )
    assert.isFalse(hasHealthcheck(image()))
  })
})

describe("volumes", () => {
  const volume = (
    Name: string,
    Labels: Record<string, string> | null,
    Options: Record<string, string> | null = null
  ) => ({
    Name,
    Driver: "local",
    Mountpoint: `/var/lib/docker/volumes/${Name}/_data`,
    Options,
    Labels
  })

  it("belong to the labelled stack, otherwise to the one with the longest matching name", () => {
    const stacks = new Set(["keycloak", "keycloak_ci"])
    const owners = { volumes: [], stacks }
    const label = (stack: string) => ({ "com.docker.stack.namespace": stack })
    assert.isTrue(belongsTo("keycloak", volume("any", label("keycloak")), owners))
    assert.isFalse(belongsTo("keycloak", volume("keycloak_db", label("other")), owners))
    assert.isFalse(belongsTo("keycloak", volume("keycloak_ci_db", null), owners))
    assert.isTrue(belongsTo("keycloak_ci", volume("keycloak_ci_db", null), owners))
    assert.isTrue(belongsTo("keycloak", volume("keycloak_db", null), owners))
  })

  it("are at the path of their data while nothing mounts them", () => {
    const bound = volume("a_data", null, { type: "none", o: "rw,bind", device: "/srv/data" })
    assert.strictEqual(boundFolder(bound), "/srv/data")
    assert.strictEqual(toVolume(bound, "a_").path, "/srv/data")
    assert.isTrue(isOnThisDisk(bound))
    const deep = volume("a_data", null, { type: "none", o: "rbind", device: "/srv/data" })
    assert.strictEqual(toVolume(deep, "a_").path, "/srv/data")
    assert.isFalse(isOnThisDisk(volume("a_data", null, { type: "nfs", o: "addr=nas", device: ":/x" })))
    assert.isFalse(isOnThisDisk({ ...volume("a_data", null), Driver: "sshfs" }))
  })
})
