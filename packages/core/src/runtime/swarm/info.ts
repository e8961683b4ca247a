/** The engine, and the swarm of this host. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Docker } from "../docker/Docker.ts"
import { RuntimeUnavailable } from "../Runtime.ts"

const Info = Schema.Struct({
  ServerVersion: Schema.optionalKey(Schema.String),
  Swarm: Schema.optionalKey(
    Schema.Struct({
      LocalNodeState: Schema.String,
      ControlAvailable: Schema.Boolean,
      NodeID: Schema.String,
      Nodes: Schema.optionalKey(Schema.Int)
    })
  )
})

/** Fails if there is no swarm, or if this host is not a manager. */
export const swarmInfo = Effect.fn("Swarm.info")(function* (docker: Docker) {
  const unavailable = (reason: string, next: string) => new RuntimeUnavailable({ runtime: docker.kind, reason, next })
  const { ServerVersion, Swarm } = yield* docker.info(Info)
  if (Swarm?.LocalNodeState !== "active") {
    return yield* unavailable(
      `this host is not in a swarm (${Swarm?.LocalNodeState ?? "docker info reports none"})`,
      "run docker swarm init (a swarm of one host is enough)"
    )
  }
  if (!Swarm.ControlAvailable) {
    return yield* unavailable(
      "this host is a worker of its swarm",
      "run lastgood on a manager, or promote this host: docker node promote <host>"
    )
  }
  return { version: ServerVersion ?? "unknown", id: Swarm.NodeID, count: Swarm.Nodes ?? 1 }
})
