/** The volumes of a project. They are read from the engine, so that they are found while the project is down too. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { App, Volume } from "../../domain/App.ts"
import { isAnsweredOwn, isExternal } from "../../domain/folders.ts"
import type { Container } from "../docker/containers.ts"
import type { Docker } from "../docker/Docker.ts"
import { servicesThatMount } from "../docker/stack/mountedVolumes.ts"
import { Service } from "../docker/stack/Services.ts"
import { allVolumes, belongsTo, type EngineVolume, isAnonymous, ownerOf, toVolume } from "../docker/volumes.ts"
import { isOf, projectLabel, volumeLabel } from "./projectContainers.ts"

/** What determines the owner of a volume. */
export interface ProjectVolumeOwners {
  readonly volumes: ReadonlyArray<EngineVolume>
  /** Names of every project and stack that has a container or a volume here. */
  readonly known: ReadonlySet<string>
}

export const volumeOwners = Effect.fn("Compose.volumeOwners")(function* (
  docker: Docker,
  containers: ReadonlyArray<Container>
) {
  const volumes = yield* allVolumes(docker)
  const labels = [...volumes.map(({ Labels }) => Labels), ...containers.map(({ Config }) => Config.Labels)]
  const owners: ProjectVolumeOwners = {
    volumes,
    known: new Set(labels.flatMap((label) => ownerOf(label, projectLabel) ?? []))
  }
  return owners
})

export const isVolumeOf = (
  project: string,
  volume: EngineVolume,
  { known }: Pick<ProjectVolumeOwners, "known">
): boolean => belongsTo(project, volume, projectLabel, known)

/** Named volumes that containers mount. */
export const mountedBy = (containers: ReadonlyArray<Container>): ReadonlySet<string> =>
  new Set(
    containers.flatMap(({ Mounts }) =>
      Mounts.flatMap(({ Type, Name }) => (Type === "volume" && Name !== undefined && !isAnonymous(Name) ? [Name] : []))
    )
  )

/**
 * The data volumes of the app: its own, those that the operator calls its own, and others that its containers mount while
 * they exist. The last cannot be found while the app is down: `preflight` refuses them.
 */
export const volumesOf = (
  app: Pick<App, "data" | "stack">,
  owners: ProjectVolumeOwners,
  containers: ReadonlyArray<Container>
): ReadonlyArray<Volume> => {
  const mounted = mountedBy(containers.filter(isOf(app.stack)))
  return owners.volumes
    .filter((volume) => !isAnonymous(volume.Name))
    .filter(({ Name }) => !isExternal(app, Name))
    .filter(
      (volume) => isVolumeOf(app.stack, volume, owners) || mounted.has(volume.Name) || isAnsweredOwn(app, volume.Name)
    )
    .map((volume) => toProjectVolume(app.stack, volume))
}

/** A volume with a custom `name:` has its name in the recipe on its label. */
export const toProjectVolume = (project: string, volume: EngineVolume): Volume => {
  const found = toVolume(volume, `${project}_`)
  return found.key === found.name ? { ...found, key: volume.Labels?.[volumeLabel] ?? found.key } : found
}

const Info = Schema.Struct({
  Swarm: Schema.optionalKey(Schema.Struct({ ControlAvailable: Schema.optionalKey(Schema.Boolean) }))
})

/** Services of the swarm that this engine manages, which may have a container on a volume at any time. */
export const swarmServices = Effect.fn("Compose.swarmServices")(function* (docker: Docker) {
  const { Swarm } = yield* docker.info(Info)
  if (Swarm?.ControlAvailable !== true) return []
  return servicesThatMount(yield* docker.all("service", Service))
})
