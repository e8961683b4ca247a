/** LAW-1 with docker compose: what of a project, or on its volumes, is still there. */
import * as Effect from "effect/Effect"
import type { App } from "../../domain/App.ts"
import { isAnsweredOwn, volumeText } from "../../domain/folders.ts"
import { allContainers, type Container, nameOf } from "../docker/containers.ts"
import type { Docker } from "../docker/Docker.ts"
import { folderVolumes } from "../docker/dataFolders.ts"
import { type Other, othersOn } from "../docker/others.ts"
import { Network } from "./networks.ts"
import { isOf, projectLabel } from "./Project.ts"
import { swarmServices, volumeOwners, volumesOf } from "./volumes.ts"

export interface Leftovers {
  /** The project's own, in any state, those of `docker compose run` too. */
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
  // Containers before processes: what goes from one to the next between two looks is seen in the second.
  const containers = yield* allContainers(docker)
  const owners = yield* volumeOwners(docker, containers)
  const found: Leftovers = {
    containers: containers.filter(isOwn),
    others: yield* othersOn({
      kind: "compose",
      volumes: [...volumesOf(app.stack, owners, containers), ...(yield* folderVolumes(app, folders))],
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

/** Each thing that is left, for people. Empty: it is quiet. */
export const describeLeft = ({ containers, others, networks }: Leftovers): ReadonlyArray<string> => [
  ...containers.map((container) => `container ${nameOf(container)} (${container.State.Status})`),
  ...others.map(({ who, volume }) => `${who}, not of the project, has ${volumeText(volume)}`),
  ...networks.map((name) => `network ${name}`)
]
