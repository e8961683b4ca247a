/** Sorts the containers of a host into projects, Watchtowers, and containers of nobody. Pure. */

import { isAny } from "../runtime/compose/ComposeProject.ts"
import { isOneOff, projectLabel, serviceOf } from "../runtime/compose/projectContainers.ts"
import { type Container, labelOf, nameOf } from "../runtime/docker/containers.ts"
import { keepsImageLabel } from "../runtime/docker/keptImages.ts"
import { versionLabel } from "../runtime/docker/labels.ts"
import { namespaceLabel } from "../runtime/docker/stack/Services.ts"
import { watchtowerLabel } from "../runtime/docker/Watchtower.ts"
import { isWatchtower } from "../runtime/docker/watchtowers.ts"
import type { FoundPort, FoundProject, FoundService } from "./Found.ts"

const portsOf = ({ NetworkSettings }: Container): ReadonlyArray<FoundPort> => {
  const found = Object.entries(NetworkSettings?.Ports ?? {}).flatMap(([inside, bound]) =>
    (bound ?? []).map(({ HostIp, HostPort }) => ({
      address: isAny(HostIp) ? "127.0.0.1" : HostIp,
      port: Number(HostPort),
      protocol: inside.split("/")[1] ?? "tcp"
    }))
  )
  // A port of every address is listed for IPv4 and for IPv6.
  return [...new Map(found.map((port) => [JSON.stringify(port), port])).values()]
}

const watchtowerLabelsOf = ({ Config }: Container): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(Config.Labels ?? {}).filter(([name]) => name.startsWith(`${watchtowerLabel}.`)))

const foundService = (container: Container): FoundService => ({
  service: serviceOf(container),
  name: nameOf(container),
  image: container.Config.Image,
  isRunning: container.State.Running,
  hasHealthcheck: container.State.Health !== undefined && container.State.Health !== null,
  ports: portsOf(container),
  labels: watchtowerLabelsOf(container)
})

/** Paths in a label, which compose joins by commas. A file that was read from standard input has none. */
const pathsIn = (label: string | undefined): ReadonlyArray<string> =>
  (label ?? "").split(",").filter((path) => path.startsWith("/"))

const newestFirst = (a: Container, b: Container): number => (a.Created < b.Created ? 1 : a.Created > b.Created ? -1 : 0)

const projectOf = (name: string, containers: ReadonlyArray<Container>): FoundProject => {
  const sorted = containers.toSorted(newestFirst)
  const [newest] = sorted
  const label = (of: string) => (newest === undefined ? undefined : labelOf(newest, `${projectLabel}.${of}`))
  const services = new Map<string, FoundService>()
  for (const container of sorted) {
    const service = foundService(container)
    const known = services.get(service.service)
    // Of several containers of one service, a running one.
    if (known === undefined || (!known.isRunning && service.isRunning)) services.set(service.service, service)
  }
  const folder = label("working_dir")
  return {
    name,
    folder: folder?.startsWith("/") === true ? folder : null,
    files: pathsIn(label("config_files")),
    envFiles: pathsIn(label("environment_file")),
    services: [...services.values()].toSorted((a, b) => a.service.localeCompare(b.service)),
    isManaged: containers.some((container) => labelOf(container, versionLabel) !== undefined)
  }
}

/** Projects of docker compose. A Watchtower is not an app. */
export const projectsIn = (containers: ReadonlyArray<Container>): ReadonlyArray<FoundProject> => {
  const of = Map.groupBy(
    containers.filter((container) => !isOneOff(container) && !isWatchtower(container)),
    (container) => labelOf(container, projectLabel)
  )
  return [...of]
    .flatMap(([name, own]) => (name === undefined ? [] : [projectOf(name, own)]))
    .toSorted((a, b) => a.name.localeCompare(b.name))
}

/** A container that keeps an image for lastgood is not an app. */
export const looseIn = (containers: ReadonlyArray<Container>): ReadonlyArray<string> =>
  containers
    .filter(
      (container) =>
        labelOf(container, projectLabel) === undefined &&
        labelOf(container, namespaceLabel) === undefined &&
        labelOf(container, keepsImageLabel) === undefined &&
        !isWatchtower(container)
    )
    .map(nameOf)
    .toSorted()
