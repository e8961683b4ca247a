/** The volumes of a stack: told by the engine, so that they are found while the stack is down as well. */
import * as Effect from "effect/Effect"
import type { App, Volume } from "../../domain/App.ts"
import type { Call, Docker } from "../docker/Docker.ts"
import { allVolumes, type EngineVolume, isAnonymous, toVolume } from "../docker/volumes.ts"
import { namespaceLabel, readStack, Service } from "./Services.ts"

/** What is needed to say whose a volume is. */
export interface VolumeOwners {
  readonly volumes: ReadonlyArray<EngineVolume>
  /** Namespaces of every stack that has a service or a volume. */
  readonly stacks: ReadonlySet<string>
}

export const volumeOwners = Effect.fn("swarm.volumeOwners")(function* (docker: Docker, call: Call) {
  const volumes = yield* allVolumes(docker, call)
  const services = yield* allServices(docker, call)
  const labels = [...volumes.map(({ Labels }) => Labels), ...services.map(({ Spec }) => Spec.Labels)]
  const owners: VolumeOwners = {
    volumes,
    stacks: new Set(labels.flatMap((label) => label?.[namespaceLabel] ?? []))
  }
  return owners
})

/** Every service of the swarm, whoever's. */
export const allServices = Effect.fn("swarm.allServices")(function* (docker: Docker, call: Call) {
  return yield* docker.inspect(call, "service", yield* docker.lines(call, ["service", "ls", "--quiet"]), Service)
})

/**
 * Whether a volume is the stack's. The label decides; a volume without one (made by hand, or by a restore from
 * elsewhere) belongs to the stack with the longest name that its own starts with: `keycloak_ci_db` is not `keycloak`'s.
 */
export const belongsTo = (stack: string, volume: EngineVolume, { stacks }: VolumeOwners): boolean => {
  const owner = volume.Labels?.[namespaceLabel]
  if (owner !== undefined) return owner === stack
  const isNamedAfter = (name: string) => volume.Name.startsWith(`${name}_`)
  return isNamedAfter(stack) && ![...stacks].some((other) => other.length > stack.length && isNamedAfter(other))
}

/**
 * The data volumes that the app has now: its own, and external ones that its services mount while they are up. External
 * ones without the stack's label are lost from sight when it is down: `preflight` refuses them.
 */
export const stackVolumes = Effect.fn("swarm.stackVolumes")(function* (docker: Docker, call: Call, app: App) {
  const owners = yield* volumeOwners(docker, call)
  const { services } = yield* readStack(docker, call, app.stack)
  const mounted = new Set(services.flatMap(mountedVolumes))
  const found: ReadonlyArray<Volume> = owners.volumes
    .filter((volume) => !isAnonymous(volume.Name))
    .filter((volume) => belongsTo(app.stack, volume, owners) || mounted.has(volume.Name))
    .map((volume) => toVolume(volume, `${app.stack}_`))
  return found
})

/** Names of the volumes that a service mounts. */
export const mountedVolumes = ({ Spec }: Service): ReadonlyArray<string> =>
  (Spec.TaskTemplate.ContainerSpec?.Mounts ?? []).flatMap(({ Type, Source }) =>
    Type === "volume" && Source !== undefined && Source !== "" ? [Source] : []
  )
