/**
 * The containers of a project of docker compose, in any state. They are read from the engine each time; nothing is
 * cached.
 */
import * as Effect from "effect/Effect"
import { allContainers, type Container, labelOf, nameOf } from "../docker/containers.ts"
import type { Docker } from "../docker/Docker.ts"

export const projectLabel = "com.docker.compose.project"
export const networkLabel = "com.docker.compose.network"
export const volumeLabel = "com.docker.compose.volume"
export const serviceLabel = "com.docker.compose.service"
export const hashLabel = "com.docker.compose.config-hash"
const oneOffLabel = "com.docker.compose.oneoff"

/**
 * The services of the release, with the number of their containers. It reveals a service that has no container at all.
 */
export const servicesLabel = "lastgood.services"

export const isOf =
  (project: string) =>
  (container: Container): boolean =>
    labelOf(container, projectLabel) === project

export const projectContainers = Effect.fn("Compose.containers")(function* (
  docker: Pick<Docker, "all">,
  project: string
) {
  return (yield* allContainers(docker)).filter(isOf(project))
})

/** Other containers may have the project's label. Compose itself requires this one too. */
export const isMadeByCompose = (container: Container): boolean => labelOf(container, hashLabel) !== undefined

/** A container of `docker compose run`: it belongs to the project, but to no service. */
export const isOneOff = (container: Container): boolean => labelOf(container, oneOffLabel) === "True"

/** A service's name in the compose file. */
export const serviceOf = (container: Container): string => labelOf(container, serviceLabel) ?? nameOf(container)

/** `db=1 web=2` */
export const servicesToLabel = (services: ReadonlyMap<string, number>): string =>
  [...services]
    .map(([name, count]) => `${name}=${count}`)
    .toSorted()
    .join(" ")

/** null: lastgood did not deploy the running containers. */
export const servicesFromLabel = (containers: ReadonlyArray<Container>): ReadonlyMap<string, number> | null => {
  const [first] = containers.flatMap((container) => labelOf(container, servicesLabel) ?? [])
  if (first === undefined) return null
  return new Map(
    first.split(" ").flatMap((entry) => {
      const [, name = "", count = ""] = /^(.+)=(\d+)$/.exec(entry) ?? []
      return name === "" ? [] : [[name, Number(count)] as const]
    })
  )
}

/** The engine does not report that a container is being stopped, so its name does. */
const mark = ".stopping"
export const isStopping = (container: Container): boolean => nameOf(container).endsWith(mark)
export const stoppingName = (container: Container): string => nameOf(container) + mark
/** The original name. */
export const plainName = (container: Container): string => nameOf(container).replace(/\.stopping$/, "")
