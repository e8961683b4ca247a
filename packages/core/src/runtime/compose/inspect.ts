/** What the engine says of a project now. */
import * as Effect from "effect/Effect"
import type { App } from "../../domain/App.ts"
import { type Container, labelOf, nameOf } from "../docker/containers.ts"
import type { Call, Docker } from "../docker/Docker.ts"
import { commitLabel, versionLabel } from "../docker/labels.ts"
import { commonRelease, isoSecond, newest, serviceSeen, worstHealth } from "../inspection.ts"
import type { Inspection, ServiceInspection } from "../Runtime.ts"
import { endOf, fateOf } from "./Convergence.ts"
import { isOneOff, isStopping, projectContainers, serviceOf, servicesFromLabel } from "./Project.ts"

export const inspect = Effect.fn("compose.inspect")(function* (docker: Docker, call: Call, app: App) {
  return inspectionOf(yield* projectContainers(docker, call, app.stack))
})

/** Pure. */
export const inspectionOf = (containers: ReadonlyArray<Container>): Inspection => {
  const own = containers.filter((container) => !isOneOff(container))
  const expected = servicesFromLabel(own)
  const release = commonRelease(own.map(releaseOf))
  const names = new Set([...own.map(serviceOf), ...(expected?.keys() ?? [])])
  const lines = [...names].toSorted().map((name) =>
    lineOf(
      name,
      own.filter((container) => serviceOf(container) === name),
      expected?.get(name),
      release
    )
  )
  return {
    present: containers.length > 0,
    converged: lines.length > 0 && lines.every(({ ok }) => ok),
    ...release,
    services: [
      ...lines,
      ...containers
        .filter(isOneOff)
        .map((container) => serviceSeen({ name: nameOf(container), state: endOf(container), ok: true, passing: true }))
    ]
  }
}

const releaseOf = (container: Container) => ({
  version: labelOf(container, versionLabel) ?? null,
  commit: labelOf(container, commitLabel) ?? null
})

const lineOf = (
  name: string,
  containers: ReadonlyArray<Container>,
  expected: number | undefined,
  ofAll: Pick<ServiceInspection, "version" | "commit">
): ServiceInspection => {
  const count = expected ?? containers.length
  const up = containers.filter((container) => fateOf(container) === "up")
  const done = containers.filter((container) => fateOf(container) === "done")
  const others = containers.filter((container) => ["failed", "pending"].includes(fateOf(container)))
  const notes = [...others.map(endOf), ...(containers.some(isStopping) ? ["stopping"] : []), ...done.map(() => "done")]
  // What the others' label names, and is gone altogether, is of their release.
  const { version, commit } = containers.length > 0 ? commonRelease(containers.map(releaseOf)) : ofAll
  const [one] = up.length > 0 ? up : containers
  return serviceSeen({
    name,
    state: `${up.length}/${count}${notes.length > 0 ? ` (${[...new Set(notes)].join(", ")})` : ""}`,
    ok: up.length + done.length >= count && others.length === 0 && !containers.some(isStopping),
    image: one?.Config.Image ?? null,
    digest: one?.Image ?? null,
    version,
    commit,
    replicas: Math.max(expected ?? 0, containers.length),
    since: newest(up.map(({ State }) => isoSecond(State.StartedAt))),
    restarts: containers.reduce((sum, { RestartCount }) => sum + (RestartCount ?? 0), 0),
    health: worstHealth(up.map(({ State }) => State.Health?.Status))
  })
}
