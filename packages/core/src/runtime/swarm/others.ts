/** Others that could write to a stack's volumes, including the services of other stacks. */
import type { Volume } from "../../domain/App.ts"
import { type Container, labelOf } from "../docker/containers.ts"
import * as shared from "../docker/others.ts"
import { servicesThatMount } from "../docker/stack/mountedVolumes.ts"
import { namespaceLabel } from "../docker/stack/Services.ts"
import type { StackVolumeOwners } from "./volumes.ts"

/** The current objects of the engine and the swarm. */
export interface SwarmView {
  readonly stack: string
  readonly volumes: ReadonlyArray<Volume>
  readonly owners: StackVolumeOwners
  readonly containers: ReadonlyArray<Container>
}

export const othersOn = ({ stack, volumes, owners, containers }: SwarmView) =>
  shared.othersOn({
    kind: "swarm",
    volumes,
    known: owners.volumes,
    containers,
    isOwn: (container) => labelOf(container, namespaceLabel) === stack,
    otherServices: servicesThatMount(owners.services.filter(({ Spec }) => Spec.Labels?.[namespaceLabel] !== stack))
  })
