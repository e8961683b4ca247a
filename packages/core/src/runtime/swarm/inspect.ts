/** The current state of a stack, as the swarm reports it. */
import * as Effect from "effect/Effect"
import type { App } from "../../domain/App.ts"
import { allContainers, type Container, labelOf, nameOf } from "../docker/containers.ts"
import type { Docker } from "../docker/Docker.ts"
import { commitLabel, versionLabel } from "../docker/labels.ts"
import { foreignVersion } from "../docker/stack/labels.ts"
import {
  hasEnded,
  isWanted,
  namespaceLabel,
  readStack,
  type Service,
  type Stack,
  shortName,
  type Task
} from "../docker/stack/Services.ts"
import { fingerprint } from "../fingerprint.ts"
import { readKey } from "../fingerprintKey.ts"
import { commonRelease, isoSecond, newest, serviceSeen, together, worstHealth } from "../inspection.ts"
import type { Inspection, ServiceInspection } from "../Runtime.ts"
import { counts, isOfSpec } from "./Convergence.ts"
import { configOf } from "./configOf.ts"

export const inspect = Effect.fn("Swarm.inspect")(function* (docker: Docker, app: App) {
  const stack = yield* readStack(docker, app.stack)
  const containers = (yield* allContainers(docker)).filter(
    (container) => labelOf(container, namespaceLabel) === app.stack
  )
  const names = yield* docker.networkNames
  const key = yield* readKey(app)
  return inspectionOf(app.stack, stack, containers, (service) => fingerprint(key, configOf(service, names)))
})

/**
 * Pure.
 *
 * @param containers of the stack, on this host.
 * @param config the fingerprint of a service's configuration.
 */
export const inspectionOf = (
  stack: string,
  { services, tasks }: Stack,
  containers: ReadonlyArray<Container>,
  config: (service: Service) => string | null
): Inspection => {
  const lines = services
    .map((service) => ({
      ...lineOf(
        stack,
        service,
        tasks.filter(({ ServiceID }) => ServiceID === service.ID),
        containers
      ),
      config: config(service)
    }))
    .toSorted((a, b) => a.name.localeCompare(b.name))
  const stopping =
    services.length > 0
      ? []
      : containers.map((container) =>
          serviceSeen({ name: nameOf(container), state: container.State.Status, ok: false, passing: true })
        )
  const { version, commit, mixed } = commonRelease(lines)
  return {
    present: services.length > 0 || containers.length > 0 || tasks.some((task) => !hasEnded(task)),
    converged: lines.length > 0 && lines.every(({ ok }) => ok),
    version: version ?? (mixed ? null : foreignVersion(stack, services)),
    commit,
    mixed,
    services: [...lines, ...stopping]
  }
}

const lineOf = (
  stack: string,
  service: Service,
  tasks: ReadonlyArray<Task>,
  containers: ReadonlyArray<Container>
): ServiceInspection => {
  const { running, completed, desired } = counts(service, tasks)
  const update = service.UpdateStatus?.State ?? ""
  const isInFlight = update === "updating" || update === "rollback_started"
  const ids = new Set(running.map(({ Status }) => Status.ContainerStatus?.ContainerID))
  const up = containers.filter(({ Id }) => ids.has(Id))
  const { Mode, Labels, TaskTemplate } = service.Spec
  const ok = !isInFlight && desired !== null && running.length + completed >= desired
  return serviceSeen({
    name: shortName(stack, service.Spec.Name),
    state: `${running.length}/${desired ?? "?"}${isInFlight ? ` (${update})` : ""}`,
    ok,
    // The swarm makes the next task at the moment when it gives one up. If none is wanted, none will come.
    ...(ok || isInFlight || tasks.length === 0 || tasks.some((task) => isWanted(task) && !hasEnded(task))
      ? {}
      : { dead: true }),
    image: TaskTemplate.ContainerSpec?.Image ?? null,
    digest: together(up.map(({ Image }) => Image)),
    version: Labels?.[versionLabel] ?? null,
    commit: Labels?.[commitLabel] ?? null,
    replicas: Mode.Replicated?.Replicas ?? Mode.ReplicatedJob?.TotalCompletions ?? null,
    since: newest(running.map(({ Status }) => isoSecond(Status.Timestamp))),
    restarts: restartsOf(service, tasks),
    health: worstHealth(up.map(({ State }) => State.Health?.Status))
  })
}

/**
 * How often a task of one replica was replaced since the service was last changed (the maximum, since each of five may
 * start slowly once). A lower bound: the swarm remembers few tasks (five per replica by default).
 */
const restartsOf = (service: Service, tasks: ReadonlyArray<Task>): number => {
  // Compared as times: the engine omits trailing zeros, so the texts do not compare.
  const since = Date.parse(service.UpdatedAt ?? "") || 0
  const current = tasks.filter(
    (task) => isOfSpec(task, service) && (!hasEnded(task) || Date.parse(task.Status.Timestamp) >= since)
  )
  const replicas = [...Map.groupBy(current, ({ Slot, NodeID }) => Slot ?? NodeID).values()]
  return Math.max(0, ...replicas.map((own) => own.length - 1))
}
