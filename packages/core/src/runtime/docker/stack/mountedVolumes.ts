/** The volumes that services of a swarm mount, whoever owns them. Pure. */
import type { Service } from "./Services.ts"

/** Names of the volumes that a service mounts. */
export const mountedVolumes = ({ Spec }: Service): ReadonlyArray<string> =>
  (Spec.TaskTemplate.ContainerSpec?.Mounts ?? []).flatMap(({ Type, Source }) =>
    Type === "volume" && Source !== undefined && Source !== "" ? [Source] : []
  )

/** Services that may run, with the volumes that they mount. */
export const servicesThatMount = (services: ReadonlyArray<Service>) =>
  services.filter(mayRun).map((service) => ({ name: service.Spec.Name, volumes: mountedVolumes(service) }))

/** A service scaled to zero was stopped on purpose. Any other may be between two tasks, without a container now. */
const mayRun = ({ Spec }: Service): boolean => Spec.Mode.Replicated?.Replicas !== 0
