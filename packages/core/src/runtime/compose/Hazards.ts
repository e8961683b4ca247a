/**
 * LAW-14: what would go wrong after the app was taken down, or would not come back, told from the compose files, from what
 * runs now, and from what the engine has. Pure: `preflight` looks, this judges.
 */
import type { Volume } from "../../domain/App.ts"
import type { Listener } from "../../host/Ports.ts"
import { type Container, nameOf } from "../docker/containers.ts"
import {
  anonymousInRelease,
  anonymousInUse,
  distinct,
  foreignDrivers,
  type Missing,
  missingOnes,
  sharedVolumes
} from "../docker/hazards.ts"
import type { Image } from "../docker/images.ts"
import type { Other } from "../docker/others.ts"
import { isAnonymous } from "../docker/volumes.ts"
import type { Hazard } from "../Runtime.ts"
import { type Network, sharedNetworks, takenNetworks } from "./networks.ts"
import { serviceOf } from "./Project.ts"
import { takenPorts } from "./ports.ts"
import type { Project } from "./readProject.ts"
import { isVolumeOf, mountedBy, type VolumeOwners } from "./volumes.ts"

export interface Facts {
  /** Name of the project. */
  readonly stack: string
  readonly project: Pick<Project, "compose" | "more" | "services">
  /** By service; a service whose image is not here yet is missing (`prefetch` looks again). */
  readonly images: ReadonlyMap<string, Image>
  /** Of folders and files of the host that it writes to. */
  readonly folders: ReadonlyArray<Hazard>
  readonly owners: VolumeOwners
  readonly volumes: ReadonlyArray<Volume>
  /** The project's own. */
  readonly containers: ReadonlyArray<Container>
  readonly otherContainers: ReadonlyArray<Container>
  readonly others: ReadonlyArray<Other>
  readonly networks: ReadonlyArray<Network>
  /** Of the host, without those of the project's own containers. */
  readonly listeners: ReadonlyArray<Listener>
  readonly missing: ReadonlyArray<Missing>
  /** What `COMPOSE_PROFILES` names and no service has. */
  readonly unknownProfiles: ReadonlyArray<string>
  /** Names of variables that the files use and nobody sets. */
  readonly unset: ReadonlyArray<string>
}

export const hazardsOf = (facts: Facts): ReadonlyArray<Hazard> => {
  const { project, containers, images } = facts
  return distinct([
    ...project.compose.services.flatMap((service) => anonymousInRelease(service, images.get(service.name))),
    ...anonymousInUse(containers, serviceOf),
    ...facts.folders,
    ...sharedVolumes(facts.others),
    ...foreignDrivers(project.compose, facts.volumes, facts.owners.volumes),
    ...externalVolumes(facts),
    ...takenPorts(facts),
    ...takenNames(facts),
    ...takenNetworks(facts.stack, project.compose, facts.networks),
    ...sharedNetworks(facts.stack, facts.networks, facts.otherContainers),
    ...facts.unset.map(unsetVariable),
    ...facts.unknownProfiles.map(unknownProfile),
    ...missingOnes(facts.missing),
    ...unsupported(facts)
  ])
}

/** Volumes that cannot be told to be this app's once it is down: a snapshot would leave them out without a word. */
const externalVolumes = ({ stack, project, owners, containers }: Facts): ReadonlyArray<Hazard> => {
  const used = new Set([...project.compose.volumes.map(({ name }) => name), ...mountedBy(containers)])
  return owners.volumes
    .filter((volume) => used.has(volume.Name) && !isAnonymous(volume.Name) && !isVolumeOf(stack, volume, owners))
    .map(({ Name }) => ({
      kind: "external-volume",
      what: `the volume ${Name} does not belong to the project ${stack}: it is lost from sight when the app is down`,
      next: `copy its data into a volume of the project's own (${stack}_<name>), and drop \`external: true\` in the recipe`
    }))
}

/** Names that the release gives to its containers, and somebody else's have. */
const takenNames = ({ stack, project, otherContainers }: Facts): ReadonlyArray<Hazard> => {
  const taken = new Map(otherContainers.map((container) => [nameOf(container), container]))
  return [...project.services].flatMap(([service, count]) => {
    const own = project.more.get(service)?.containerName ?? null
    const names = own === null ? Array.from({ length: count }, (_, i) => `${stack}-${service}-${i + 1}`) : [own]
    return names.flatMap((name) => {
      const other = taken.get(name)
      return other === undefined
        ? []
        : [
            {
              kind: "taken-name",
              what: `${service} needs the name ${name}, which a container has that is not of the project ${stack} (${other.State.Status})`,
              next: `remove or rename that one (docker container rename ${name} <other>), or change container_name in the recipe`
            }
          ]
    })
  })
}

const unsetVariable = (name: string): Hazard => ({
  kind: "missing-variable",
  what: `the variable ${name} is not set`,
  next: `set it in the env file (${name}= where nothing is meant), or give it a default in the recipe`
})

const unknownProfile = (name: string): Hazard => ({
  kind: "missing-profile",
  what: `COMPOSE_PROFILES of the env file names ${name}, and the release has no such profile`,
  next: "correct it: services that need a profile under another name would not run"
})

/** Compose makes secrets and configs from files and variables only; it would say so when the app is down. */
const unsupported = ({ project }: Facts): ReadonlyArray<Hazard> =>
  (["secret", "config"] as const).flatMap((noun) =>
    project.compose[`${noun}s`]
      .filter(({ external }) => external)
      .map(({ name }) => ({
        kind: `external-${noun}`,
        what: `the ${noun} ${name} is external, and docker compose has none that are`,
        next: "give it as a file or a variable (`file:`, `environment:`), or run the app on a swarm"
      }))
  )
