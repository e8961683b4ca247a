/** Access to a running stack: commands in its containers, their state, and their logs. */
import * as Effect from "effect/Effect"
import type { App } from "../../domain/App.ts"
import { redact } from "../../secrets/Redact.ts"
import { allContainers, type Container, labelOf } from "../docker/containers.ts"
import type { Docker } from "../docker/Docker.ts"
import { failingHealthchecks, healthOf } from "../docker/healthcheck.ts"
import { execIn, lastOf, newestFirst, pickService, printedBy, secretsInside } from "../docker/inside.ts"
import {
  endOf,
  hasEnded,
  isWanted,
  namespaceLabel,
  readStack,
  type Service,
  type Stack,
  shortName
} from "../docker/stack/Services.ts"
import type { ContainerState } from "../Runtime.ts"

const serviceNameLabel = "com.docker.swarm.service.name"

const pick = Effect.fnUntraced(function* (docker: Docker, app: App, { services }: Stack, wanted: string | undefined) {
  const named = new Map(services.map((service) => [shortName(app.stack, service.Spec.Name), service]))
  const asked = wanted === undefined ? undefined : shortName(app.stack, wanted)
  const [, service] = yield* pickService(docker, app, named, asked)
  return service
})

const ownContainers = (docker: Docker, app: App) =>
  Effect.map(allContainers(docker), (all) =>
    newestFirst(all.filter((container) => labelOf(container, namespaceLabel) === app.stack))
  )

const containerOf = Effect.fnUntraced(function* (docker: Docker, app: App, service: Service) {
  const containers = yield* ownContainers(docker, app)
  const own = containers.filter((container) => labelOf(container, serviceNameLabel) === service.Spec.Name)
  return own.find(({ State }) => State.Running) ?? null
})

const secretsOf = (docker: Docker, app: App, services: ReadonlyArray<Service>): ReadonlyArray<string> =>
  secretsInside(
    docker,
    app,
    services.flatMap(({ Spec }) => Spec.TaskTemplate.ContainerSpec?.Env ?? [])
  )

/**
 * `sh -c` in the newest running container of a service. An interrupt ends the wait; the command itself may continue.
 */
export const exec = Effect.fn("Swarm.exec")(function* (
  docker: Docker,
  app: App,
  command: string,
  wanted: string | undefined
) {
  const service = yield* pick(docker, app, yield* readStack(docker, app.stack), wanted)
  const container = yield* containerOf(docker, app, service)
  if (container === null) {
    return yield* docker.failed(
      `no container of ${shortName(app.stack, service.Spec.Name)} is running on this host`,
      `inspect its tasks: docker service ps --no-trunc ${service.Spec.Name}`
    )
  }
  return yield* execIn(docker, container, command, secretsOf(docker, app, [service]))
})

/** The HEALTHCHECK of a service's container, or whether it runs if it has none. */
export const containerState = Effect.fn("Swarm.containerState")(function* (
  docker: Docker,
  app: App,
  wanted: string | undefined
) {
  const stack = yield* readStack(docker, app.stack)
  const service = yield* pick(docker, app, stack, wanted)
  const container = yield* containerOf(docker, app, service)
  if (container === null) {
    const tasks = stack.tasks.filter(({ ServiceID }) => ServiceID === service.ID)
    const newest = tasks.toSorted((a, b) => b.Status.Timestamp.localeCompare(a.Status.Timestamp))[0]
    const state: ContainerState = {
      ok: false,
      // The swarm makes the next task at the moment when it gives one up. If none is wanted, none will come.
      dead: tasks.length > 0 && !tasks.some((task) => isWanted(task) && !hasEnded(task)),
      seen: newest === undefined ? "no task yet" : redact(endOf(newest), secretsOf(docker, app, [service]))
    }
    return state
  }
  return healthOf(container, secretsOf(docker, app, [service]))
})

/** The failing HEALTHCHECKs of the stack; empty: all pass, or it is not known. */
export const failingChecks = (docker: Docker, app: App): Effect.Effect<string> =>
  Effect.gen(function* () {
    const { services } = yield* readStack(docker, app.stack)
    const serviceOf = (container: Container) => shortName(app.stack, labelOf(container, serviceNameLabel) ?? "")
    return failingHealthchecks(yield* ownContainers(docker, app), serviceOf, secretsOf(docker, app, services))
  }).pipe(Effect.orElseSucceed(() => ""))

/**
 * The last log lines of all containers of the stack, by time, and the reasons of failed tasks that never had a
 * container.
 */
export const logs = Effect.fn("Swarm.logs")(function* (docker: Docker, app: App, lines: number) {
  const { services, tasks } = yield* readStack(docker, app.stack)
  const names = new Map(services.map(({ ID, Spec }) => [ID, shortName(app.stack, Spec.Name)]))
  const containers = yield* ownContainers(docker, app)
  const serviceOf = (container: (typeof containers)[number]) =>
    shortName(app.stack, labelOf(container, serviceNameLabel) ?? "")
  const printed = yield* printedBy(docker, containers, serviceOf, lines)
  const refused = tasks
    .filter(({ Status }) => Status.State === "rejected" || Status.State === "failed")
    .map((task) => ({ at: task.Status.Timestamp, text: `${names.get(task.ServiceID) ?? "?"} | task ${endOf(task)}` }))
  return lastOf([...printed, ...refused], lines, secretsOf(docker, app, services))
})
