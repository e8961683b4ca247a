/**
 * LAW-14: what would go wrong after the app was taken down, or would not come back, told from the compose file, from what
 * runs now, and from what the engine has. Pure: `preflight` looks, this judges.
 */
import type { Volume } from "../../domain/App.ts"
import { type Container, holds, nameOf } from "../docker/containers.ts"
import { declaredVolumes, type Image } from "../docker/images.ts"
import { type EngineVolume, isAnonymous, isOnThisDisk } from "../docker/volumes.ts"
import type { Hazard } from "../Runtime.ts"
import type { Compose, ComposeObject, ComposeService } from "./Compose.ts"
import { hasEnded, type Service, type Stack } from "./Services.ts"
import { belongsTo, mountedVolumes, type VolumeOwners } from "./volumes.ts"

export interface Facts {
  readonly stack: string
  readonly compose: Compose
  /** By service; a service whose image is not here yet is missing (`prefetch` looks again). */
  readonly images: ReadonlyMap<string, Image>
  /** Bind mounts of sockets and devices: they hold no data. */
  readonly withoutData: ReadonlySet<string>
  readonly owners: VolumeOwners
  readonly volumes: ReadonlyArray<Volume>
  readonly running: Stack
  readonly containers: { readonly own: ReadonlyArray<Container>; readonly others: ReadonlyArray<Container> }
  readonly otherServices: ReadonlyArray<Service>
  readonly node: { readonly id: string; readonly count: number }
  readonly missing: ReadonlyArray<{ readonly noun: string; readonly name: string; readonly why: string }>
}

export const hazardsOf = (facts: Facts): ReadonlyArray<Hazard> =>
  distinct([
    ...facts.compose.services.flatMap((service) => anonymousInRelease(service, facts.images.get(service.name))),
    ...anonymousInUse(facts),
    ...facts.compose.services.flatMap((service) => bindMounts(service, facts.withoutData)),
    ...bindMountsInUse(facts),
    ...shared(facts),
    ...foreignDrivers(facts),
    ...externalVolumes(facts),
    ...elsewhere(facts),
    ...facts.missing.map(({ noun, name, why }) => ({
      kind: `missing-${noun}`,
      what: `the ${noun} ${name} ${why}`,
      next: `make it before the upgrade (docker ${noun} create), or correct its name in the recipe or the env file`
    }))
  ])

/** The running release and the new one often have the same hazard: say it once. */
const distinct = (hazards: ReadonlyArray<Hazard>): ReadonlyArray<Hazard> => [
  ...new Map(hazards.map((hazard) => [`${hazard.kind} ${hazard.what}`, hazard])).values()
]

const anonymous = (service: string, path: string): Hazard => ({
  kind: "anonymous-volume",
  what: `${service} keeps ${path} in a volume without a name, which is deleted when the app is taken down`,
  next: `name it in the compose file (volumes: ["data:${path}"]), or use tmpfs if it holds no data`
})

/** Volumes without a name in the compose file, and those that an image makes where nothing is mounted. */
export const anonymousInRelease = (service: ComposeService, image: Image | undefined): ReadonlyArray<Hazard> => {
  const covered = new Set(service.mounts.map(({ target }) => withoutSlash(target)))
  return [
    ...service.mounts.filter(({ kind, source }) => kind === "volume" && source === null).map(({ target }) => target),
    ...(image === undefined ? [] : declaredVolumes(image).filter((path) => !covered.has(withoutSlash(path))))
  ].map((path) => anonymous(service.name, path))
}

const withoutSlash = (path: string): string => path.replace(/(.)\/+$/, "$1")

const serviceOf = (stack: string, container: Container): string =>
  (container.Config.Labels?.["com.docker.swarm.service.name"] ?? nameOf(container)).replace(`${stack}_`, "")

const anonymousInUse = ({ stack, containers }: Facts): ReadonlyArray<Hazard> =>
  containers.own.flatMap((container) =>
    container.Mounts.filter(({ Type, Name }) => Type === "volume" && Name !== undefined && isAnonymous(Name)).map(
      ({ Destination }) => anonymous(serviceOf(stack, container), Destination)
    )
  )

const bindMount = (service: string, source: string): Hazard => ({
  kind: "bind-mount",
  what: `${service} writes to ${source} on the host, which no snapshot holds`,
  next: "put the data into a named volume, or mount it read-only (:ro) if the app only reads it"
})

const bindMounts = (service: ComposeService, withoutData: ReadonlySet<string>): ReadonlyArray<Hazard> =>
  service.mounts.flatMap(({ kind, source, readOnly }) =>
    kind === "bind" && source !== null && !readOnly && !withoutData.has(source) ? [bindMount(service.name, source)] : []
  )

const bindMountsInUse = ({ stack, running, withoutData }: Facts): ReadonlyArray<Hazard> =>
  running.services.flatMap(({ Spec }) =>
    (Spec.TaskTemplate.ContainerSpec?.Mounts ?? []).flatMap(({ Type, Source, ReadOnly }) =>
      Type === "bind" && Source !== undefined && ReadOnly !== true && !withoutData.has(Source)
        ? [bindMount(Spec.Name.replace(`${stack}_`, ""), Source)]
        : []
    )
  )

const shared = ({ volumes, containers, otherServices }: Facts): ReadonlyArray<Hazard> =>
  volumes.flatMap((volume) =>
    [
      ...containers.others.filter((container) => holds(container, volume)).map((c) => `container ${nameOf(c)}`),
      ...otherServices.filter((s) => mountedVolumes(s).includes(volume.name)).map(({ Spec }) => `service ${Spec.Name}`)
    ].map((who) => ({
      kind: "shared-volume",
      what: `the volume ${volume.name} is mounted by ${who} too`,
      next: `stop or remove ${who} for good, or give it a volume of its own`
    }))
  )

const foreign = (name: string, driver: string): Hazard => ({
  kind: "foreign-driver",
  what: `the volume ${name} is not a folder on this host's disk (${driver})`,
  next: "move the data into a volume of the local driver; snapshots of network and plugin volumes are not safe to take"
})

const foreignDrivers = ({ compose, volumes, owners }: Facts): ReadonlyArray<Hazard> => {
  const known = new Map(owners.volumes.map((volume) => [volume.Name, volume]))
  const named = [...volumes, ...compose.volumes].flatMap(({ name }) => known.get(name) ?? [])
  const describe = ({ Driver, Options }: Pick<EngineVolume, "Driver" | "Options">) =>
    Driver === "local" ? `type ${Options?.["type"] ?? "unknown"}` : `driver ${Driver}`
  return [
    ...named.filter((volume) => !isOnThisDisk(volume)).map((volume) => foreign(volume.Name, describe(volume))),
    ...compose.volumes
      .filter(({ name, external }) => !external && !known.has(name))
      .map(({ name, driver, options }) => ({ Name: name, Driver: driver ?? "local", Options: options }))
      .filter((volume) => !isOnThisDisk({ ...volume, Mountpoint: "", Labels: null }))
      .map((volume) => foreign(volume.Name, describe(volume)))
  ]
}

/** Volumes that cannot be told to be this app's once it is down: a snapshot would leave them out without a word. */
const externalVolumes = ({ stack, compose, owners, running }: Facts): ReadonlyArray<Hazard> => {
  const used = new Set([...compose.volumes.map(({ name }) => name), ...running.services.flatMap(mountedVolumes)])
  return owners.volumes
    .filter((volume) => used.has(volume.Name) && !isAnonymous(volume.Name) && !belongsTo(stack, volume, owners))
    .map(({ Name }) => ({
      kind: "external-volume",
      what: `the volume ${Name} does not belong to the stack ${stack}: it is lost from sight when the app is down`,
      next: `copy its data into a volume of the stack's own (${stack}_<name>), and drop \`external: true\` in the recipe`
    }))
}

const elsewhere = ({ compose, running, node, stack }: Facts): ReadonlyArray<Hazard> => {
  const away = running.tasks.filter((task) => !hasEnded(task) && task.NodeID !== undefined && task.NodeID !== node.id)
  const next = "pin the service to this host: deploy.placement.constraints: [node.hostname == <name>]"
  const names = new Map(running.services.map(({ ID, Spec }) => [ID, Spec.Name.replace(`${stack}_`, "")]))
  const nowAway = new Set(away.map(({ ServiceID }) => names.get(ServiceID) ?? ServiceID))
  const unpinned = compose.services.filter(
    ({ mounts, constraints }) =>
      node.count > 1 &&
      mounts.some(({ kind }) => kind === "volume") &&
      !constraints.some((constraint) => /^node\.(hostname|id|labels\.[^=!]+?)\s*==/.test(constraint.trim()))
  )
  return [
    ...[...nowAway].map((name) => ({ kind: "other-node", what: `${name} runs on another node of the swarm`, next })),
    ...unpinned
      .filter(({ name }) => !nowAway.has(name))
      .map(({ name }) => ({ kind: "other-node", what: `${name} has volumes and may be placed on another node`, next }))
  ]
}

/** External objects of the compose file, as they must exist before a deploy. */
export const externals = (objects: ReadonlyArray<ComposeObject>): ReadonlyArray<string> => [
  ...new Set(objects.filter(({ external }) => external).map(({ name }) => name))
]
