import { assert, describe, it } from "@effect/vitest"
import type { ComposeObject } from "../../../src/runtime/docker/Compose.ts"
import type { Service } from "../../../src/runtime/docker/stack/Services.ts"
import { type EngineObject, type ObjectFacts, takenNames, usedByOthers } from "../../../src/runtime/swarm/objects.ts"

const object = (noun: EngineObject["noun"], name: string, stack: string | null, scope = "swarm"): EngineObject => ({
  noun,
  id: `id-of-${name}`,
  name,
  stack,
  scope
})

const wanted = (name: string, external = false): ComposeObject => ({
  key: name,
  name,
  external,
  driver: null,
  options: {},
  file: null
})

const user = (name: string, stack: string, spec: object): Service => ({
  ID: name,
  Spec: {
    Name: name,
    Labels: { "com.docker.stack.namespace": stack },
    TaskTemplate: { ...spec },
    Mode: { Replicated: { Replicas: 1 } }
  }
})

const facts = (changes: Partial<ObjectFacts>): ObjectFacts => ({
  stack: "shop",
  compose: { networks: [wanted("net")], secrets: [wanted("key")], configs: [wanted("conf"), wanted("theirs", true)] },
  objects: [],
  services: [],
  otherContainers: [],
  ...changes
})

/** Verifies: LAW-14 */
describe("networks, secrets and configs", () => {
  it("that somebody else owns cannot be created by the release", () => {
    const objects = [
      object("network", "net", "blog"),
      object("secret", "key", null),
      object("config", "conf", "shop"),
      object("config", "theirs", "blog"),
      object("network", "key", "blog")
    ]
    assert.deepStrictEqual(
      takenNames(facts({ objects })).map(({ kind, what }) => `${kind}: ${what}`),
      [
        "taken-network: the release creates a network net, but an existing network of that name belongs to the stack blog",
        "taken-secret: the release creates a secret key, but an existing secret of that name was created manually"
      ]
    )
    // A network of this host only does not stand in the way.
    assert.deepStrictEqual(takenNames(facts({ objects: [object("network", "net", null, "local")] })), [])
  })

  it("of the stack that somebody else uses prevent taking it down", () => {
    const objects = [
      object("network", "net", "shop"),
      object("secret", "key", "shop"),
      object("config", "conf", "shop")
    ]
    const services = [
      user("shop_web", "shop", { Networks: [{ Target: "id-of-net" }] }),
      user("blog_web", "blog", {
        Networks: [{ Target: "id-of-net", Aliases: ["web"] }],
        ContainerSpec: { Image: "x" }
      }),
      user("blog_db", "blog", {
        ContainerSpec: { Image: "x", Secrets: [{ SecretID: "id-of-key", SecretName: "key" }], Configs: null }
      })
    ]
    const used = usedByOthers(facts({ objects, services })).map(({ kind, what }) => `${kind}: ${what}`)
    assert.deepStrictEqual(used, [
      "shared-network: service blog_web is outside of the stack and uses its network net, so the stack cannot be taken down",
      "shared-secret: service blog_db is outside of the stack and uses its secret key, so the stack cannot be taken down"
    ])
    const container = {
      Id: "c",
      Name: "/probe",
      Created: "",
      State: { Status: "running", Running: true, ExitCode: 0 },
      Config: { Image: "x", Labels: null },
      NetworkSettings: { Networks: { net: { NetworkID: "id-of-net" } } },
      Mounts: []
    }
    assert.match(
      usedByOthers(facts({ objects, otherContainers: [container] }))[0]?.what ?? "",
      /^container probe is outside/
    )
  })
})
