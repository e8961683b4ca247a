/** Who else could write to a stack's volumes, the services of other stacks included. */
import type { Volume } from "../../domain/App.ts"
import { type Container, labelOf } from "../docker/containers.ts"
import * as shared from "../docker/others.ts"
import { namespaceLabel, type Service } from "./Services.ts"
import { mountedVolumes, type VolumeOwners } from "./volumes.ts"

/** What the engine says now. */
export interface Seen {
  readonly stack: string
  readonly volumes: ReadonlyArray<Volume>
  readonly owners: VolumeOwners
  readonly containers: ReadonlyArray<Container>
}

export const othersOn = ({ stack, volumes, owners, containers }: Seen) =>
  shared.othersOn({
    kind: "swarm",
    volumes,
    known: owners.volumes,
    containers,
    isOwn: (container) => labelOf(container, namespaceLabel) === stack,
    otherServices: servicesThatMount(owners.services.filter(({ Spec }) => Spec.Labels?.[namespaceLabel] !== stack))
  })

/** Those that may run, with the volumes that they mount. */
export const servicesThatMount = (services: ReadonlyArray<Service>) =>
  services.filter(mayRun).map((service) => ({ name: service.Spec.Name, volumes: mountedVolumes(service) }))

/** One that was scaled to nothing was stopped on purpose. Any other may be between two of its tasks, with no container now. */
const mayRun = ({ Spec }: Service): boolean => Spec.Mode.Replicated?.Replicas !== 0
