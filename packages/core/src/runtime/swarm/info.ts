/** The engine and the swarm that this host is in. */
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

/** Fails where there is no swarm, or where this host does not manage it. */
export const swarmInfo = Effect.fn("Swarm.info")(function* (docker: Docker) {
  const unavailable = (reason: string, next: string) => new RuntimeUnavailable({ runtime: docker.kind, reason, next })
  const { ServerVersion, Swarm } = yield* docker.info(Info)
  if (Swarm?.LocalNodeState !== "active") {
    return yield* unavailable(
      `this host is in no swarm (${Swarm?.LocalNodeState ?? "docker info says nothing of one"})`,
      "docker swarm init (one host is a swarm too)"
    )
  }
  if (!Swarm.ControlAvailable) {
    return yield* unavailable(
      "this host is a worker of its swarm",
      "run lastgood on a manager, or docker node promote this host"
    )
  }
  return { version: ServerVersion ?? "unknown", id: Swarm.NodeID, count: Swarm.Nodes ?? 1 }
})
