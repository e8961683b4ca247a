/** Others that could write to a stack's volumes, including the services of other stacks. */
import type { App, Volume } from "../../domain/App.ts"
import { isAnsweredOwn } from "../../domain/folders.ts"
import { type Container, labelOf } from "../docker/containers.ts"
import * as shared from "../docker/others.ts"
import { servicesThatMount } from "../docker/stack/mountedVolumes.ts"
import { namespaceLabel } from "../docker/stack/Services.ts"
import type { StackVolumeOwners } from "./volumes.ts"

/** The current objects of the engine and the swarm. */
export interface SwarmView {
  readonly app: Pick<App, "data" | "stack">
  readonly volumes: ReadonlyArray<Volume>
  readonly owners: StackVolumeOwners
  readonly containers: ReadonlyArray<Container>
}

/** Services of other stacks that may run. */
export const otherServices = (stack: string, { services }: StackVolumeOwners) =>
  servicesThatMount(services.filter(({ Spec }) => Spec.Labels?.[namespaceLabel] !== stack))

export const othersOn = ({ app, volumes, owners, containers }: SwarmView) =>
  shared.othersOn({
    kind: "swarm",
    volumes,
    known: owners.volumes,
    containers,
    isOwn: (container) => labelOf(container, namespaceLabel) === app.stack,
    isAnswered: (path) => isAnsweredOwn(app, path),
    otherServices: otherServices(app.stack, owners)
  })
