/** Which volumes the services of a swarm mount, whoever they belong to. Pure. */
import type { Service } from "./Services.ts"

/** Names of the volumes that a service mounts. */
export const mountedVolumes = ({ Spec }: Service): ReadonlyArray<string> =>
  (Spec.TaskTemplate.ContainerSpec?.Mounts ?? []).flatMap(({ Type, Source }) =>
    Type === "volume" && Source !== undefined && Source !== "" ? [Source] : []
  )

/** Those that may run, with the volumes that they mount. */
export const servicesThatMount = (services: ReadonlyArray<Service>) =>
  services.filter(mayRun).map((service) => ({ name: service.Spec.Name, volumes: mountedVolumes(service) }))

/** One that was scaled to nothing was stopped on purpose. Any other may be between two of its tasks, with no container now. */
const mayRun = ({ Spec }: Service): boolean => Spec.Mode.Replicated?.Replicas !== 0
