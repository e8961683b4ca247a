/** What the swarm says of a stack now. */
import * as Effect from "effect/Effect"
import type { App } from "../../domain/App.ts"
import { allContainers, labelOf, nameOf } from "../docker/containers.ts"
import type { Call, Docker } from "../docker/Docker.ts"
import type { Inspection } from "../Runtime.ts"
import { counts } from "./Convergence.ts"
import { releaseOf } from "./labels.ts"
import { hasEnded, namespaceLabel, readStack, type Service, shortName, type Task } from "./Services.ts"

export const inspect = Effect.fn("swarm.inspect")(function* (docker: Docker, call: Call, app: App) {
  const { services, tasks } = yield* readStack(docker, call, app.stack)
  const containers = (yield* allContainers(docker, call)).filter(
    (container) => labelOf(container, namespaceLabel) === app.stack
  )
  const lines = services
    .map((service) =>
      lineOf(
        app.stack,
        service,
        tasks.filter(({ ServiceID }) => ServiceID === service.ID)
      )
    )
    .toSorted((a, b) => a.name.localeCompare(b.name))
  const stopping =
    services.length > 0
      ? []
      : containers.map((container) => ({ name: nameOf(container), state: container.State.Status, ok: false }))
  const inspection: Inspection = {
    present: services.length > 0 || containers.length > 0 || tasks.some((task) => !hasEnded(task)),
    converged: lines.length > 0 && lines.every(({ ok }) => ok),
    ...releaseOf(app.stack, services),
    services: [...lines, ...stopping]
  }
  return inspection
})

const lineOf = (stack: string, service: Service, tasks: ReadonlyArray<Task>) => {
  const { running, completed, desired } = counts(service, tasks)
  const update = service.UpdateStatus?.State ?? ""
  const isInFlight = update === "updating" || update === "rollback_started"
  const state = `${running.length}/${desired ?? "?"}${isInFlight ? ` (${update})` : ""}`
  return {
    name: shortName(stack, service.Spec.Name),
    state,
    ok: !isInFlight && desired !== null && running.length + completed >= desired
  }
}
