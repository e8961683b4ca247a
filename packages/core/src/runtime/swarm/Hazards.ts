/**
 * LAW-14: what would go wrong after the app is taken down, or would not come back, derived from the compose file, the
 * running app and the engine. Pure: `preflight` collects the facts, this file judges them.
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { App, Volume } from "../../domain/App.ts"
import { namedVolume } from "../../domain/folders.ts"
import type { PortListener } from "../../host/Ports.ts"
import type { Compose } from "../docker/Compose.ts"
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
import { mountedVolumes } from "../docker/stack/mountedVolumes.ts"
import { hasEnded, namespaceLabel, type Stack } from "../docker/stack/Services.ts"
import { isAnonymous } from "../docker/volumes.ts"
import { watchtowerHazards } from "../docker/watchtowers.ts"
import type { Hazard } from "../Runtime.ts"
import type { Node } from "./nodes.ts"
import { type EngineObject, takenNames, usedByOthers } from "./objects.ts"
import { type Room, unplaceable } from "./placement.ts"
import { takenPorts } from "./ports.ts"
import { belongsTo, type StackVolumeOwners } from "./volumes.ts"

export interface SwarmFacts {
  readonly stack: string
  /** The operator's, about what it mounts. */
  readonly answers: App["data"]
  readonly compose: Compose
  /** By service. A service whose image is not here yet is missing (`prefetch` checks again). */
  readonly images: ReadonlyMap<string, Image>
  /** About folders and files of the host to which it writes. */
  readonly folders: ReadonlyArray<Hazard>
  readonly owners: StackVolumeOwners
  readonly volumes: ReadonlyArray<Volume>
  readonly running: Stack
  /** Containers of the stack. */
  readonly containers: ReadonlyArray<Container>
  readonly others: ReadonlyArray<Other>
  readonly node: { readonly id: string; readonly count: number }
  readonly nodes: ReadonlyArray<Node>
  /** Listeners of the host, without those of the stack's own containers. */
  readonly listeners: ReadonlyArray<PortListener>
  readonly objects: ReadonlyArray<EngineObject>
  readonly otherContainers: ReadonlyArray<Container>
  readonly missing: ReadonlyArray<Missing>
}

export const hazardsOf = (facts: SwarmFacts): ReadonlyArray<Hazard> =>
  distinct([
    ...anonymousHazards(anonymousVolumes(facts), facts.answers),
    ...facts.folders,
    ...sharedVolumes(facts.others),
    ...foreignDrivers(facts.compose, facts.volumes, facts.owners.volumes),
    ...externalVolumes(facts),
    ...elsewhere(facts),
    ...unplaceable({ services: facts.compose.services, nodes: facts.nodes, taken: reservedByOthers(facts) }),
    ...takenPorts({
      stack: facts.stack,
      services: facts.compose.services,
      existing: facts.owners.services,
      listeners: facts.listeners,
      nodes: facts.node.count
    }),
    ...takenNames({ ...facts, services: facts.owners.services }),
    ...usedByOthers({ ...facts, services: facts.owners.services }),
    ...longNames(facts),
    ...watchtowerHazards(facts.containers, facts.otherContainers),
    ...missingOnes(facts.missing)
  ])

const anonymousVolumes = ({ compose, containers, images, stack }: SwarmFacts): ReadonlyArray<AnonymousVolume> => [
  ...compose.services.flatMap((service) => anonymousInRelease(service, images.get(service.name))),
  ...anonymousInUse(containers, (container) => serviceOf(stack, container))
]

const Reserved = Schema.Struct({
  Resources: Schema.Struct({
    Reservations: Schema.Struct({
      NanoCPUs: Schema.optionalKey(Schema.Number),
      MemoryBytes: Schema.optionalKey(Schema.Number)
    })
  })
})
const decodeReserved = Schema.decodeUnknownOption(Reserved)

const reservedByOthers = ({ stack, owners, node }: SwarmFacts): Room["taken"] => {
  const others = node.count > 1 ? [] : owners.services.filter(({ Spec }) => Spec.Labels?.[namespaceLabel] !== stack)
  return others.reduce(
    (sum, { Spec }) => {
      const replicas = Spec.Mode.Replicated?.Replicas ?? 1
      const reserved = Option.getOrNull(decodeReserved(Spec.TaskTemplate))?.Resources.Reservations
      return {
        nanoCpus: sum.nanoCpus + replicas * (reserved?.NanoCPUs ?? 0),
        memoryBytes: sum.memoryBytes + replicas * (reserved?.MemoryBytes ?? 0)
      }
    },
    { nanoCpus: 0, memoryBytes: 0 }
  )
}

/** The longest name that the swarm accepts. */
const longestName = 63

const longNames = ({ stack, compose }: SwarmFacts): ReadonlyArray<Hazard> =>
  compose.services
    .map(({ name }) => `${stack}_${name}`)
    .filter((name) => name.length > longestName)
    .map((name) => ({
      kind: "long-name",
      what: `the service's name ${name} has ${name.length} characters, but the swarm accepts ${longestName}`,
      next: "set a shorter `stack` of the app in lastgood.yaml, or shorten the service's name in the recipe"
    }))

const serviceOf = (stack: string, container: Container): string =>
  (container.Config.Labels?.["com.docker.swarm.service.name"] ?? nameOf(container)).replace(`${stack}_`, "")

/** External volumes that cannot be identified as this app's once it is down. A snapshot would silently omit them. */
const externalVolumes = ({ answers, stack, compose, owners, running }: SwarmFacts): ReadonlyArray<Hazard> => {
  const used = new Set([...compose.volumes.map(({ name }) => name), ...running.services.flatMap(mountedVolumes)])
  const foreign = owners.volumes.filter(
    (volume) => used.has(volume.Name) && !isAnonymous(volume.Name) && !belongsTo(stack, volume, owners)
  )
  return foreign
    .map(({ Name }) => Name)
    .filter((name) => !answers.has(namedVolume(name)))
    .map((name) => ({
      kind: "external-volume",
      what: `the volume ${name} does not belong to the stack ${stack}: lastgood cannot find it while the app is down`,
      next: volumeAnswer(name)
    }))
}

const elsewhere = ({ compose, running, node, stack }: SwarmFacts): ReadonlyArray<Hazard> => {
  const away = running.tasks.filter((task) => !hasEnded(task) && task.NodeID !== undefined && task.NodeID !== node.id)
  const next = "pin the service to this host: deploy.placement.constraints: [node.hostname == <name>]"
  const names = new Map(running.services.map(({ ID, Spec }) => [ID, Spec.Name.replace(`${stack}_`, "")]))
  const nowAway = new Set(away.map(({ ServiceID }) => names.get(ServiceID) ?? ServiceID))
  const unpinned = compose.services.filter(
    ({ mounts, constraints }) =>
      node.count > 1 &&
      mounts.some(({ kind, readOnly }) => kind === "volume" || (kind === "bind" && !readOnly)) &&
      !constraints.some((constraint) => /^node\.(hostname|id|labels\.[^=!]+?)\s*==/.test(constraint.trim()))
  )
  return [
    ...[...nowAway].map((name) => ({ kind: "other-node", what: `${name} runs on another node of the swarm`, next })),
    ...unpinned
      .filter(({ name }) => !nowAway.has(name))
      .map(({ name }) => ({ kind: "other-node", what: `${name} has data and may be placed on another node`, next }))
  ]
}
