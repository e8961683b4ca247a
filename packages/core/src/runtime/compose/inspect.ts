/** The current state of a project, as the engine reports it. */
import * as Effect from "effect/Effect"
import type { App } from "../../domain/App.ts"
import { type Container, labelOf, nameOf } from "../docker/containers.ts"
import type { Docker } from "../docker/Docker.ts"
import { commitLabel, versionLabel } from "../docker/labels.ts"
import { fingerprint } from "../fingerprint.ts"
import { readKey } from "../fingerprintKey.ts"
import { commonRelease, isoSecond, newest, serviceSeen, together, worstHealth } from "../inspection.ts"
import type { Inspection, ServiceInspection } from "../Runtime.ts"
import { endOf, fateOf } from "./Convergence.ts"
import { configOfAll } from "./configOf.ts"
import { isOneOff, isStopping, projectContainers, serviceOf, servicesFromLabel } from "./projectContainers.ts"

export const inspect = Effect.fn("Compose.inspect")(function* (docker: Docker, app: App) {
  const key = yield* readKey(app)
  return inspectionOf(yield* projectContainers(docker, app.stack), (config) => fingerprint(key, config))
})

/**
 * Pure.
 *
 * @param hash the fingerprint of a container's configuration.
 */
export const inspectionOf = (
  containers: ReadonlyArray<Container>,
  hash: (config: unknown) => string | null = () => null
): Inspection => {
  const own = containers.filter((container) => !isOneOff(container))
  const expected = servicesFromLabel(own)
  const release = commonRelease(own.map(releaseOf))
  const names = new Set([...own.map(serviceOf), ...(expected?.keys() ?? [])])
  const lines = [...names].toSorted().map((name) =>
    lineOf(
      name,
      own.filter((container) => serviceOf(container) === name),
      { expected: expected?.get(name), release, hash }
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

interface Known {
  /** The number of containers that the labels declare. */
  readonly expected: number | undefined
  readonly release: Pick<ServiceInspection, "version" | "commit">
  readonly hash: (config: unknown) => string | null
}

const lineOf = (
  name: string,
  containers: ReadonlyArray<Container>,
  { expected, release, hash }: Known
): ServiceInspection => {
  const count = expected ?? containers.length
  const up = containers.filter((container) => fateOf(container) === "up")
  const done = containers.filter((container) => fateOf(container) === "done")
  const others = containers.filter((container) => ["failed", "pending"].includes(fateOf(container)))
  const notes = [...others.map(endOf), ...(containers.some(isStopping) ? ["stopping"] : []), ...done.map(() => "done")]
  // A service that the others' label names but that has no container belongs to their release.
  const { version, commit } = containers.length > 0 ? commonRelease(containers.map(releaseOf)) : release
  return serviceSeen({
    name,
    state: `${up.length}/${count}${notes.length > 0 ? ` (${[...new Set(notes)].join(", ")})` : ""}`,
    ...(containers.some((container) => fateOf(container) === "failed") ? { dead: true } : {}),
    ok: up.length + done.length >= count && others.length === 0 && !containers.some(isStopping),
    image: together(containers.map(({ Config }) => Config.Image)),
    digest: together(containers.map(({ Image }) => Image)),
    version,
    commit,
    config: configOfAll(containers, hash),
    replicas: Math.max(expected ?? 0, containers.length),
    since: newest(up.map(({ State }) => isoSecond(State.StartedAt))),
    restarts: Math.max(0, ...containers.map(({ RestartCount }) => RestartCount ?? 0)),
    health: worstHealth(up.map(({ State }) => State.Health?.Status))
  })
}
