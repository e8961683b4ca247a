import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Container } from "../../../src/runtime/docker/containers.ts"
import { withState } from "../../../src/runtime/docker/others.ts"
import type { Service } from "../../../src/runtime/docker/stack/Services.ts"
import type { EngineVolume } from "../../../src/runtime/docker/volumes.ts"
import { othersOn, type SwarmView } from "../../../src/runtime/swarm/others.ts"
import { volumesOf } from "../../../src/runtime/swarm/volumes.ts"

const engineVolume = (Name: string, Options: Readonly<Record<string, string>> | null = null): EngineVolume => ({
  Name,
  Driver: "local",
  Mountpoint: `/nowhere/${Name}/_data`,
  Options,
  Labels: null
})

const service = (name: string, stack: string, volume: string, Replicas = 1): Service => ({
  ID: name,
  Spec: {
    Name: name,
    Labels: { "com.docker.stack.namespace": stack },
    TaskTemplate: { ContainerSpec: { Image: "db:1", Mounts: [{ Type: "volume", Source: volume, Target: "/data" }] } },
    Mode: { Replicated: { Replicas } }
  }
})

const container = (Name: string, Status: string, mount: Partial<Container["Mounts"][number]>): Container => ({
  Id: Name,
  Name: `/${Name}`,
  Created: "2026-01-01T00:00:00Z",
  State: { Status, Running: Status === "running", ExitCode: 0 },
  Config: { Image: "busybox:1", Labels: null },
  Mounts: [{ Type: "bind", Destination: "/x", RW: true, ...mount }]
})

interface World {
  readonly engine?: ReadonlyArray<EngineVolume>
  readonly services?: ReadonlyArray<Service>
  readonly containers?: SwarmView["containers"]
}

const others = ({ engine = [engineVolume("shop_data")], services = [], containers = [] }: World) => {
  const owners = { volumes: engine, services, stacks: new Set(["shop"]) }
  return othersOn({
    app: { stack: "shop", data: new Map() },
    containers,
    owners,
    volumes: volumesOf({ data: new Map(), stack: "shop" }, owners)
  }).pipe(Effect.map((found) => found.map((other) => `${withState(other)}: ${other.volume}`)))
}

/** Verifies: LAW-1, LAW-14 */
describe("other users of a volume", () => {
  it.effect("are services that mount it, also between two tasks, unless they are scaled to 0", () =>
    Effect.gen(function* () {
      const services = [
        service("shop_db", "shop", "shop_data"),
        service("blog_db", "blog", "shop_data"),
        service("blog_off", "blog", "shop_data", 0),
        service("blog_own", "blog", "blog_data")
      ]
      assert.deepStrictEqual(yield* others({ services }), ["service blog_db: shop_data"])
    })
  )

  it.effect("are containers in any state that mount its name or folder, but not a parent folder or read-only", () =>
    Effect.gen(function* () {
      const containers = [
        container("named", "paused", { Type: "volume", Name: "shop_data" }),
        container("folder", "created", { Source: "/nowhere/shop_data/_data" }),
        container("part", "exited", { Source: "/nowhere/shop_data/_data/db" }),
        container("above", "running", { Source: "/nowhere" }),
        container("reads", "running", { Source: "/nowhere/shop_data/_data", RW: false }),
        container("alike", "running", { Source: "/nowhere/shop_data/_data2" })
      ]
      assert.deepStrictEqual(yield* others({ containers }), [
        "container named (paused): shop_data",
        "container folder (created): shop_data",
        "container part (exited): shop_data"
      ])
    })
  )

  it.effect("are those that mount the same folder as another volume", () =>
    Effect.gen(function* () {
      const bound = (device: string) => ({ type: "none", o: "bind", device })
      const engine = [
        engineVolume("shop_data", bound("/srv/shop")),
        engineVolume("twin", bound("/srv/shop")),
        engineVolume("inner", bound("/srv/shop/files")),
        engineVolume("other", bound("/srv/shop2"))
      ]
      const containers = ["twin", "inner", "other"].map((name) =>
        container(name, "running", { Type: "volume", Name: name, Source: `/nowhere/${name}/_data` })
      )
      assert.deepStrictEqual(yield* others({ engine, containers }), [
        "container twin (running): shop_data",
        "container inner (running): shop_data"
      ])
    })
  )
})
