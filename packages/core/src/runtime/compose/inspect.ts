/** What the engine says of a project now. */
import * as Effect from "effect/Effect"
import type { App } from "../../domain/App.ts"
import { type Container, nameOf } from "../docker/containers.ts"
import type { Call, Docker } from "../docker/Docker.ts"
import { agreed, commitLabel, versionLabel } from "../docker/labels.ts"
import type { Inspection } from "../Runtime.ts"
import { endOf, fateOf } from "./Convergence.ts"
import { isOneOff, isStopping, projectContainers, serviceOf, servicesFromLabel } from "./Project.ts"

export const inspect = Effect.fn("compose.inspect")(function* (docker: Docker, call: Call, app: App) {
  return inspectionOf(yield* projectContainers(docker, call, app.stack))
})

/** Pure. */
export const inspectionOf = (containers: ReadonlyArray<Container>): Inspection => {
  const own = containers.filter((container) => !isOneOff(container))
  const expected = servicesFromLabel(own)
  const names = new Set([...own.map(serviceOf), ...(expected?.keys() ?? [])])
  const lines = [...names].toSorted().map((name) =>
    lineOf(
      name,
      own.filter((container) => serviceOf(container) === name),
      expected?.get(name)
    )
  )
  const labels = own.map(({ Config }) => Config.Labels ?? {})
  return {
    present: containers.length > 0,
    converged: lines.length > 0 && lines.every(({ ok }) => ok),
    version: agreed(labels, versionLabel),
    commit: agreed(labels, commitLabel),
    services: [
      ...lines,
      ...containers.filter(isOneOff).map((container) => ({
        name: nameOf(container),
        state: endOf(container),
        ok: true
      }))
    ]
  }
}

const lineOf = (name: string, containers: ReadonlyArray<Container>, expected: number | undefined) => {
  const count = expected ?? containers.length
  const up = containers.filter((container) => fateOf(container) === "up")
  const done = containers.filter((container) => fateOf(container) === "done")
  const others = containers.filter((container) => ["failed", "pending"].includes(fateOf(container)))
  const notes = [...others.map(endOf), ...(containers.some(isStopping) ? ["stopping"] : []), ...done.map(() => "done")]
  return {
    name,
    state: `${up.length}/${count}${notes.length > 0 ? ` (${[...new Set(notes)].join(", ")})` : ""}`,
    ok: up.length + done.length >= count && others.length === 0 && !containers.some(isStopping)
  }
}
