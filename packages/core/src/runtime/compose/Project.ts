/** The containers of a project of docker compose, in any state. The engine is asked each time: nothing is remembered. */
import * as Effect from "effect/Effect"
import { allContainers, type Container, labelOf, nameOf } from "../docker/containers.ts"
import type { Docker } from "../docker/Docker.ts"

export const projectLabel = "com.docker.compose.project"
export const networkLabel = "com.docker.compose.network"
export const volumeLabel = "com.docker.compose.volume"
export const serviceLabel = "com.docker.compose.service"
export const hashLabel = "com.docker.compose.config-hash"
const oneOffLabel = "com.docker.compose.oneoff"

/** Which services the release has, with how many containers: one that is gone altogether is missed by this. */
export const servicesLabel = "lastgood.services"

export const isOf =
  (project: string) =>
  (container: Container): boolean =>
    labelOf(container, projectLabel) === project

export const projectContainers = Effect.fn("Compose.containers")(function* (docker: Docker, project: string) {
  return (yield* allContainers(docker)).filter(isOf(project))
})

/** Others may bear the project's label; compose itself looks for this one too. */
export const isMadeByCompose = (container: Container): boolean => labelOf(container, hashLabel) !== undefined

/** Somebody's `docker compose run`: of the project, but no service of it. */
export const isOneOff = (container: Container): boolean => labelOf(container, oneOffLabel) === "True"

/** A service's name in the compose file. */
export const serviceOf = (container: Container): string => labelOf(container, serviceLabel) ?? nameOf(container)

/** `db=1 web=2` */
export const servicesToLabel = (services: ReadonlyMap<string, number>): string =>
  [...services]
    .map(([name, count]) => `${name}=${count}`)
    .toSorted()
    .join(" ")

/** null: what runs was not deployed from here. */
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

/** The engine does not say that a container is being stopped; its name does. */
const mark = ".stopping"
export const isStopping = (container: Container): boolean => nameOf(container).endsWith(mark)
export const stoppingName = (container: Container): string => nameOf(container) + mark
/** As it was made. */
export const plainName = (container: Container): string => nameOf(container).replace(/\.stopping$/, "")
