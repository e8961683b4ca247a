/** LAW-14: ports that the release publishes but that are taken. Pure. */
import type { PortListener } from "../../host/Ports.ts"
import { type Container, nameOf } from "../docker/containers.ts"
import type { Hazard } from "../Runtime.ts"
import { type ComposeProject, isAny } from "./ComposeProject.ts"

export interface ComposePortFacts {
  readonly project: Pick<ComposeProject, "more" | "services">
  /** Containers of the project. */
  readonly containers: ReadonlyArray<Container>
  readonly otherContainers: ReadonlyArray<Container>
  /** Listeners on this host, without those of the project's own containers. */
  readonly listeners: ReadonlyArray<PortListener>
}

interface Place {
  readonly address: string
  readonly port: number
  readonly protocol: string
}

const placesOf = ({ State, NetworkSettings }: Container): ReadonlyArray<Place> =>
  State.Running
    ? Object.entries(NetworkSettings?.Ports ?? {}).flatMap(([inside, places]) =>
        (places ?? []).map(({ HostIp, HostPort }) => ({
          address: isAny(HostIp) ? "*" : HostIp,
          port: Number(HostPort),
          protocol: inside.split("/")[1] ?? "tcp"
        }))
      )
    : []

const collide = (a: Place, b: Place): boolean =>
  a.port === b.port && a.protocol === b.protocol && (a.address === b.address || a.address === "*" || b.address === "*")

export const takenPorts = ({
  project,
  containers,
  otherContainers,
  listeners
}: ComposePortFacts): ReadonlyArray<Hazard> => {
  // The app itself has the port now: any listener on it (Docker's own proxy) acts for the app.
  const own = containers.flatMap(placesOf)
  return [...project.services.keys()].flatMap((service) =>
    (project.more.get(service)?.published ?? []).flatMap((place) => {
      const other = otherContainers.find((container) => placesOf(container).some((taken) => collide(taken, place)))
      const listener = own.some((mine) => collide(mine, place))
        ? undefined
        : listeners.find((one) => collide(one, place))
      const who = other === undefined ? listener?.who : `container ${nameOf(other)}`
      return who === undefined
        ? []
        : [
            {
              kind: "port-taken",
              what: `${service} publishes port ${place.port}/${place.protocol}, which is in use by ${who}`,
              next: "change the port of one of the two"
            }
          ]
    })
  )
}
