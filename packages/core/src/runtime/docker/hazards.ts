/**
 * LAW-14: data that would be lost with any runtime on a Docker engine, derived from a release's compose file and the
 * engine. Pure.
 */
import type { App, DataAnswer, Volume } from "../../domain/App.ts"
import { namedVolume, unnamedVolume } from "../../domain/folders.ts"
import type { Hazard } from "../Runtime.ts"
import type { Compose, ComposeObject, ComposeService } from "./Compose.ts"
import type { Container } from "./containers.ts"
import { declaredVolumes, type Image } from "./images.ts"
import type { Other } from "./others.ts"
import { type EngineVolume, isAnonymous, isOnThisDisk } from "./volumes.ts"

/** Removes duplicates: the running release and the new one often have the same hazard. */
export const distinct = (hazards: ReadonlyArray<Hazard>): ReadonlyArray<Hazard> => [
  ...new Map(hazards.map((hazard) => [`${hazard.kind} ${hazard.what}`, hazard])).values()
]

/** A volume without a name, which ends with its container. */
export interface AnonymousVolume {
  readonly service: string
  /** In the container. */
  readonly path: string
}

/** Without those that the operator called external, because their loss is accepted. */
export const anonymousHazards = (
  volumes: ReadonlyArray<AnonymousVolume>,
  answers: App["data"]
): ReadonlyArray<Hazard> =>
  unanswered(volumes, answers).map(({ path, service }) => ({
    kind: "anonymous-volume",
    what: `${service} keeps ${path} in an anonymous volume, which is lost when the app is taken down`,
    next: `name it in the compose file (volumes: ["data:${path}"]); if its loss does no harm, say so in lastgood.yaml: data: { ${JSON.stringify(unnamedVolume(service, path))}: external }`
  }))

export const unanswered = (
  volumes: ReadonlyArray<AnonymousVolume>,
  answers: App["data"]
): ReadonlyArray<AnonymousVolume> =>
  volumes.filter(({ path, service }) => answers.get(unnamedVolume(service, path)) !== "external")

/** Anonymous volumes of the compose file, and those that an image declares where nothing is mounted. */
export const anonymousInRelease = (
  service: ComposeService,
  image: Image | undefined
): ReadonlyArray<AnonymousVolume> => {
  const covered = new Set(service.mounts.map(({ target }) => withoutSlash(target)))
  return [
    ...service.mounts.filter(({ kind, source }) => kind === "volume" && source === null).map(({ target }) => target),
    ...(image === undefined ? [] : declaredVolumes(image).filter((path) => !covered.has(withoutSlash(path))))
  ].map((path) => ({ service: service.name, path: withoutSlash(path) }))
}

const withoutSlash = (path: string): string => path.replace(/(.)\/+$/, "$1")

/** Anonymous volumes of existing containers. */
export const anonymousInUse = (
  containers: ReadonlyArray<Container>,
  serviceOf: (container: Container) => string
): ReadonlyArray<AnonymousVolume> =>
  containers.flatMap((container) =>
    container.Mounts.filter(({ Type, Name }) => Type === "volume" && Name !== undefined && isAnonymous(Name)).map(
      ({ Destination }) => ({ service: serviceOf(container), path: withoutSlash(Destination) })
    )
  )

/** What to do about a volume that was made outside of the app. */
export const volumeAnswer = (name: string): string => {
  const line = (answer: DataAnswer) => `data: { ${JSON.stringify(namedVolume(name))}: ${answer} }`
  return `say in lastgood.yaml whether it is data of the app: ${line("own")}, or ${line("external")}`
}

export const sharedVolumes = (others: ReadonlyArray<Other>): ReadonlyArray<Hazard> =>
  others.map(({ kind, who, volume }) =>
    kind === "process"
      ? {
          kind: "held-volume",
          what: `the volume ${volume} is in use outside of the app: ${who}`,
          next: "close the file or leave the folder, or end the process"
        }
      : {
          kind: "shared-volume",
          what: `the volume ${volume} is also mounted by ${who}`,
          next: `remove it (docker ${kind} rm), or give it a separate volume`
        }
  )

const foreign = (name: string, driver: string): Hazard => ({
  kind: "foreign-driver",
  what: `the volume ${name} is not a folder on this host's disk (${driver})`,
  next: "move the data into a volume of the local driver (network and plugin volumes cannot be captured safely)"
})

/**
 * @param volumes the app's own that exist.
 * @param there every volume of the engine.
 */
export const foreignDrivers = (
  compose: Compose,
  volumes: ReadonlyArray<Volume>,
  there: ReadonlyArray<EngineVolume>
): ReadonlyArray<Hazard> => {
  const known = new Map(there.map((volume) => [volume.Name, volume]))
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

/** External objects of the compose file, which must exist before a deploy. */
export const externals = (objects: ReadonlyArray<ComposeObject>): ReadonlyArray<string> => [
  ...new Set(objects.filter(({ external }) => external).map(({ name }) => name))
]

/** Something that the release needs and that does not exist. */
export interface Missing {
  readonly noun: string
  readonly name: string
  readonly why: string
}

export const missingOnes = (missing: ReadonlyArray<Missing>): ReadonlyArray<Hazard> =>
  missing.map(({ noun, name, why }) => ({
    kind: `missing-${noun}`,
    what: `the ${noun} ${name} ${why}`,
    next:
      noun === "file"
        ? "create it, or correct its path in the recipe or the env file"
        : `create it before the upgrade (docker ${noun} create${noun === "network" || noun === "volume" ? ` ${name}` : ""}), or correct its name in the recipe or the env file`
  }))
