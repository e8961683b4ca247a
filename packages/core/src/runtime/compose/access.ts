/** Access to a running project: commands in its containers, their state, and their logs. */
import * as Effect from "effect/Effect"
import type { App } from "../../domain/App.ts"
import { redact } from "../../secrets/Redact.ts"
import type { Container } from "../docker/containers.ts"
import type { Docker } from "../docker/Docker.ts"
import { failingHealthchecks, healthOf } from "../docker/healthcheck.ts"
import { execIn, lastOf, newestFirst, pickService, printedBy, secretsInside } from "../docker/inside.ts"
import { secretsInFiles } from "../docker/recipeSecrets.ts"
import type { ContainerState } from "../Runtime.ts"
import { endOf, fateOf } from "./Convergence.ts"
import { isOneOff, projectContainers, serviceOf } from "./projectContainers.ts"

/** Where docker compose mounts the files of secrets. */
const secretsFolder = "/run/secrets/"

/** Of the containers' variables, and of the secrets that they mount. */
const secretsOf = (docker: Docker, app: App, containers: ReadonlyArray<Container>) => {
  const files = containers.flatMap(({ Mounts }) =>
    Mounts.flatMap(({ Destination, Source, Type }) =>
      Type === "bind" && Source !== undefined && Destination.startsWith(secretsFolder) ? [Source] : []
    )
  )
  const env = containers.flatMap(({ Config }) => Config.Env ?? [])
  return Effect.map(secretsInFiles([...new Set(files)]), (inFiles) => [...secretsInside(docker, app, env), ...inFiles])
}

/** The containers of the requested service, the newest first. */
const containersOf = Effect.fnUntraced(function* (docker: Docker, app: App, wanted: string | undefined) {
  const own = (yield* projectContainers(docker, app.stack)).filter((container) => !isOneOff(container))
  const [service, containers] = yield* pickService(docker, app, Map.groupBy(own, serviceOf), wanted)
  return { service, containers: newestFirst(containers) }
})

/**
 * `sh -c` in the newest running container of a service. An interrupt ends the wait; the command itself may continue.
 */
export const exec = Effect.fn("Compose.exec")(function* (
  docker: Docker,
  app: App,
  command: string,
  wanted: string | undefined
) {
  const { service, containers } = yield* containersOf(docker, app, wanted)
  const container = containers.find(({ State }) => State.Running)
  if (container === undefined) {
    return yield* docker.failed(
      `no container of ${service} is running`,
      `inspect its containers: docker compose -p ${app.stack} ps --all`
    )
  }
  return yield* execIn(docker, container, command, yield* secretsOf(docker, app, [container]))
})

/** The HEALTHCHECK of a service's container, or whether it runs if it has none. */
export const containerState = Effect.fn("Compose.containerState")(function* (
  docker: Docker,
  app: App,
  wanted: string | undefined
) {
  const { containers } = yield* containersOf(docker, app, wanted)
  const up = containers.find((container) => fateOf(container) === "up")
  if (up !== undefined) return healthOf(up, yield* secretsOf(docker, app, containers))
  const [newest] = containers
  const state: ContainerState = {
    ok: false,
    dead: containers.every((container) => fateOf(container) !== "pending"),
    seen: newest === undefined ? "no container" : redact(endOf(newest), yield* secretsOf(docker, app, containers))
  }
  return state
})

/** The failing HEALTHCHECKs of the project; empty: all pass, or it is not known. */
export const failingChecks = (docker: Docker, app: App): Effect.Effect<string> =>
  Effect.gen(function* () {
    const own = newestFirst((yield* projectContainers(docker, app.stack)).filter((one) => !isOneOff(one)))
    return failingHealthchecks(own, serviceOf, yield* secretsOf(docker, app, own))
  }).pipe(Effect.orElseSucceed(() => ""))

/** The last log lines of all containers of the project, by time. */
export const logs = Effect.fn("Compose.logs")(function* (docker: Docker, app: App, lines: number) {
  const containers = yield* projectContainers(docker, app.stack)
  const printed = yield* printedBy(docker, containers, serviceOf, lines)
  return lastOf(printed, lines, yield* secretsOf(docker, app, containers))
})
