/** LAW-1 with docker compose: what remains of a project, or uses its volumes. */
import * as Effect from "effect/Effect"
import type { App } from "../../domain/App.ts"
import { isAnsweredOwn, volumeText } from "../../domain/folders.ts"
import { allContainers, type Container, nameOf } from "../docker/containers.ts"
import type { Docker } from "../docker/Docker.ts"
import { folderVolumes } from "../docker/dataFolders.ts"
import { type Other, othersOn, withState } from "../docker/others.ts"
import { Network } from "./networks.ts"
import { isOf, projectLabel } from "./projectContainers.ts"
import { swarmServices, volumeOwners, volumesOf } from "./volumes.ts"

export interface ProjectLeftovers {
  /** Containers of the project in any state, including those of `docker compose run`. */
  readonly containers: ReadonlyArray<Container>
  readonly others: ReadonlyArray<Other>
  readonly networks: ReadonlyArray<string>
}

export const leftovers = Effect.fn("Compose.leftovers")(function* (
  docker: Docker,
  app: App,
  folders: ReadonlyArray<string>
) {
  const isOwn = isOf(app.stack)
  const otherServices = yield* swarmServices(docker)
  // Containers before processes: something that moves from one to the other between the two reads is seen in the
  // second.
  const containers = yield* allContainers(docker)
  const owners = yield* volumeOwners(docker, containers)
  const found: ProjectLeftovers = {
    containers: containers.filter(isOwn),
    others: yield* othersOn({
      kind: "compose",
      volumes: [...volumesOf(app, owners, containers), ...(yield* folderVolumes(app, folders))],
      known: owners.volumes,
      containers,
      isOwn,
      isAnswered: (path) => isAnsweredOwn(app, path),
      otherServices
    }),
    networks: (yield* docker.all("network", Network, `${projectLabel}=${app.stack}`)).map(({ Name }) => Name)
  }
  return found
})

/** Each remaining thing, for people. Empty: the project is quiet. */
export const describeLeft = ({ containers, others, networks }: ProjectLeftovers): ReadonlyArray<string> => [
  ...containers.map((container) => `container ${nameOf(container)} (${container.State.Status})`),
  ...others.map((other) => `${volumeText(other.volume)} is in use outside of the project: ${withState(other)}`),
  ...networks.map((name) => `network ${name}`)
]
