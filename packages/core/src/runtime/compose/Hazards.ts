/**
 * LAW-14: what would go wrong after the app is taken down, or would not come back, derived from the compose files, the
 * running app and the engine. Pure: `preflight` collects the facts, this file judges them.
 */
import type { App, Volume } from "../../domain/App.ts"
import { namedVolume } from "../../domain/folders.ts"
import type { PortListener } from "../../host/Ports.ts"
import { type Container, nameOf } from "../docker/containers.ts"
import {
  type AnonymousVolume,
  anonymousHazards,
  anonymousInRelease,
  anonymousInUse,
  distinct,
  foreignDrivers,
  type Missing,
  missingOnes,
  sharedVolumes,
  volumeAnswer
} from "../docker/hazards.ts"
import type { Image } from "../docker/images.ts"
import type { Other } from "../docker/others.ts"
import { isAnonymous } from "../docker/volumes.ts"
import { watchtowerHazards } from "../docker/watchtowers.ts"
import type { Hazard } from "../Runtime.ts"
import type { ComposeProject } from "./ComposeProject.ts"
import { type Network, sharedNetworks, takenNetworks } from "./networks.ts"
import { takenPorts } from "./ports.ts"
import { serviceOf } from "./projectContainers.ts"
import { isVolumeOf, mountedBy, type ProjectVolumeOwners } from "./volumes.ts"

export interface ComposeFacts {
  /** Name of the project. */
  readonly stack: string
  /** The operator's, about what it mounts. */
  readonly answers: App["data"]
  readonly project: Pick<ComposeProject, "compose" | "more" | "services">
  /** By service. A service whose image is not here yet is missing (`prefetch` checks again). */
  readonly images: ReadonlyMap<string, Image>
  /** About folders and files of the host to which it writes. */
  readonly folders: ReadonlyArray<Hazard>
  readonly owners: ProjectVolumeOwners
  readonly volumes: ReadonlyArray<Volume>
  /** Containers of the project. */
  readonly containers: ReadonlyArray<Container>
  readonly otherContainers: ReadonlyArray<Container>
  readonly others: ReadonlyArray<Other>
  readonly networks: ReadonlyArray<Network>
  /** Listeners of the host, without those of the project's own containers. */
  readonly listeners: ReadonlyArray<PortListener>
  readonly missing: ReadonlyArray<Missing>
  /** Profiles that `COMPOSE_PROFILES` names but no service has. */
  readonly unknownProfiles: ReadonlyArray<string>
  /** Names of variables that the files use but that are not set. */
  readonly unset: ReadonlyArray<string>
  /** The project's name by docker compose itself; null: its files do not set one, or it has no folder. */
  readonly projectName: string | null
}

export const hazardsOf = (facts: ComposeFacts): ReadonlyArray<Hazard> => {
  const { project } = facts
  return distinct([
    ...anonymousHazards(anonymousVolumes(facts), facts.answers),
    ...facts.folders,
    ...sharedVolumes(facts.others),
    ...foreignDrivers(project.compose, facts.volumes, facts.owners.volumes),
    ...externalVolumes(facts),
    ...takenPorts(facts),
    ...takenNames(facts),
    ...takenNetworks(facts.stack, project.compose, facts.networks),
    ...sharedNetworks(facts.stack, facts.networks, facts.otherContainers),
    ...watchtowerHazards(facts.containers, facts.otherContainers),
    ...facts.unset.map(unsetVariable),
    ...otherName(facts),
    ...facts.unknownProfiles.map(unknownProfile),
    ...missingOnes(facts.missing),
    ...unsupported(facts)
  ])
}

export const anonymousVolumes = ({
  containers,
  images,
  project
}: Pick<ComposeFacts, "containers" | "images" | "project">): ReadonlyArray<AnonymousVolume> => [
  ...project.compose.services.flatMap((service) => anonymousInRelease(service, images.get(service.name))),
  ...anonymousInUse(containers, serviceOf)
]

/** External volumes that cannot be identified as this app's once it is down. A snapshot would silently omit them. */
const externalVolumes = (facts: ComposeFacts): ReadonlyArray<Hazard> =>
  foreignVolumes(facts)
    .filter((name) => !facts.answers.has(namedVolume(name)))
    .map((name) => ({
      kind: "external-volume",
      what: `the volume ${name} does not belong to the project ${facts.stack}: lastgood cannot find it while the app is down`,
      next: volumeAnswer(name)
    }))

export const foreignVolumes = ({
  containers,
  owners,
  project,
  stack
}: Pick<ComposeFacts, "containers" | "owners" | "project" | "stack">): ReadonlyArray<string> => {
  const used = new Set([...project.compose.volumes.map(({ name }) => name), ...mountedBy(containers)])
  return owners.volumes
    .filter((volume) => used.has(volume.Name) && !isAnonymous(volume.Name) && !isVolumeOf(stack, volume, owners))
    .map(({ Name }) => Name)
}

/** Container names of the release that a foreign container already has. */
const takenNames = ({ stack, project, otherContainers }: ComposeFacts): ReadonlyArray<Hazard> => {
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
              what: `${service} needs the container name ${name}, which is taken by a container outside of the project ${stack}`,
              next: `remove or rename that container (docker container rename ${name} <other>), or change container_name in the recipe`
            }
          ]
    })
  })
}

/** `docker compose` in the folder would be about another project than lastgood's, on the same data. */
const otherName = ({ projectName, stack }: ComposeFacts): ReadonlyArray<Hazard> =>
  projectName === null || projectName === stack
    ? []
    : [
        {
          kind: "other-project",
          what: `docker compose names the project of its folder ${projectName}, but lastgood names it ${stack}`,
          next: `set \`stack: ${projectName}\` of the app in lastgood.yaml`
        }
      ]

export const unsetVariable = (name: string): Hazard => ({
  kind: "missing-variable",
  what: `the variable ${name} is not set`,
  next: `set it in the env file (${name}= for an empty value), or give it a default in the recipe`
})

const unknownProfile = (name: string): Hazard => ({
  kind: "missing-profile",
  what: `COMPOSE_PROFILES of the env file names ${name}, but the release has no such profile`,
  next: "correct the name, since services of a misspelt profile would not run"
})

/**
 * Compose creates secrets and configs only from files and variables. It would refuse others when the app is already
 * down.
 */
const unsupported = ({ project }: ComposeFacts): ReadonlyArray<Hazard> =>
  (["secret", "config"] as const).flatMap((noun) =>
    project.compose[`${noun}s`]
      .filter(({ external }) => external)
      .map(({ name }) => ({
        kind: `external-${noun}`,
        what: `the ${noun} ${name} is external, which docker compose does not support`,
        next: "define it with a file or a variable (`file:`, `environment:`), or run the app on a swarm"
      }))
  )
