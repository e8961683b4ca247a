/** What the swarm says of a stack now. */
import * as Effect from "effect/Effect"
import type { App } from "../../domain/App.ts"
import { allContainers, type Container, labelOf, nameOf } from "../docker/containers.ts"
import type { Call, Docker } from "../docker/Docker.ts"
import { commitLabel, versionLabel } from "../docker/labels.ts"
import { commonRelease, isoSecond, newest, serviceSeen, worstHealth } from "../inspection.ts"
import type { Inspection, ServiceInspection } from "../Runtime.ts"
import { counts } from "./Convergence.ts"
import { foreignVersion } from "./labels.ts"
import { hasEnded, namespaceLabel, readStack, type Service, type Stack, shortName, type Task } from "./Services.ts"

export const inspect = Effect.fn("swarm.inspect")(function* (docker: Docker, call: Call, app: App) {
  const stack = yield* readStack(docker, call, app.stack)
  const containers = (yield* allContainers(docker, call)).filter(
    (container) => labelOf(container, namespaceLabel) === app.stack
  )
  return inspectionOf(app.stack, stack, containers)
})

/** Pure. @param containers of the stack, on this host */
export const inspectionOf = (
  stack: string,
  { services, tasks }: Stack,
  containers: ReadonlyArray<Container>
): Inspection => {
  const lines = services
    .map((service) =>
      lineOf(
        stack,
        service,
        tasks.filter(({ ServiceID }) => ServiceID === service.ID),
        containers
      )
    )
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
  return serviceSeen({
    name: shortName(stack, service.Spec.Name),
    state: `${running.length}/${desired ?? "?"}${isInFlight ? ` (${update})` : ""}`,
    ok: !isInFlight && desired !== null && running.length + completed >= desired,
    image: TaskTemplate.ContainerSpec?.Image ?? null,
    digest: up[0]?.Image ?? null,
    version: Labels?.[versionLabel] ?? null,
    commit: Labels?.[commitLabel] ?? null,
    replicas: Mode.Replicated?.Replicas ?? Mode.ReplicatedJob?.TotalCompletions ?? null,
    since: newest(running.map(({ Status }) => isoSecond(Status.Timestamp))),
    health: worstHealth(up.map(({ State }) => State.Health?.Status))
  })
}
