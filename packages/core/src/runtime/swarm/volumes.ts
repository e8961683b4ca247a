/** The volumes of a stack. They are read from the engine, so that they are found while the stack is down too. */
import * as Effect from "effect/Effect"
import type { App, Volume } from "../../domain/App.ts"
import { isAnsweredOwn, isExternal } from "../../domain/folders.ts"
import type { Docker } from "../docker/Docker.ts"
import { mountedVolumes } from "../docker/stack/mountedVolumes.ts"
import { namespaceLabel, Service } from "../docker/stack/Services.ts"
import { allVolumes, type EngineVolume, isAnonymous, belongsTo as isOf, ownerOf, toVolume } from "../docker/volumes.ts"

/** What determines the owner of a volume. */
export interface StackVolumeOwners {
  readonly volumes: ReadonlyArray<EngineVolume>
  /** Services of the whole swarm, whoever owns them. */
  readonly services: ReadonlyArray<Service>
  /** Names of every stack (or project of docker compose) that has a service or a volume. */
  readonly stacks: ReadonlySet<string>
}

export const volumeOwners = Effect.fn("Swarm.volumeOwners")(function* (docker: Docker) {
  const volumes = yield* allVolumes(docker)
  const services = yield* docker.all("service", Service)
  const labels = [...volumes.map(({ Labels }) => Labels), ...services.map(({ Spec }) => Spec.Labels)]
  const owners: StackVolumeOwners = {
    volumes,
    services,
    stacks: new Set(labels.flatMap((label) => ownerOf(label, namespaceLabel) ?? []))
  }
  return owners
})

/** Whether a volume is the stack's. */
export const belongsTo = (
  stack: string,
  volume: EngineVolume,
  { stacks }: Pick<StackVolumeOwners, "stacks">
): boolean => isOf(stack, volume, namespaceLabel, stacks)

/**
 * The data volumes of the app: its own, those that the operator calls its own, and others that its services mount while
 * they are up. The last cannot be found while it is down: `preflight` refuses them.
 */
export const volumesOf = (app: Pick<App, "data" | "stack">, owners: StackVolumeOwners): ReadonlyArray<Volume> => {
  const own = owners.services.filter(({ Spec }) => Spec.Labels?.[namespaceLabel] === app.stack)
  const mounted = new Set(own.flatMap(mountedVolumes))
  return owners.volumes
    .filter((volume) => !isAnonymous(volume.Name))
    .filter(({ Name }) => !isExternal(app, Name))
    .filter(
      (volume) => belongsTo(app.stack, volume, owners) || mounted.has(volume.Name) || isAnsweredOwn(app, volume.Name)
    )
    .map((volume) => toVolume(volume, `${app.stack}_`))
}
