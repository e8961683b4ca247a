/** Brings a release up and waits until the swarm has done all of it. Whether it is healthy is not asked here. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { App, Release } from "../../domain/App.ts"
import type { ComposeSource } from "../docker/composeEnv.ts"
import { allContainers, labelOf, nameOf } from "../docker/containers.ts"
import type { Docker } from "../docker/Docker.ts"
import { namespaceLabel, readStack } from "../docker/stack/Services.ts"
import type { BringUp } from "../docker/stack/StackTool.ts"
import { untilConverged } from "../docker/untilConverged.ts"
import { failingChecks } from "./access.ts"
import { converge } from "./Convergence.ts"
import { readCompose } from "./readCompose.ts"

const pollMs = 500
/** A task that ends at once is seen running for a moment: the same tasks must run for so long. */
const settleMs = 1000

/** @param bringUp gives the release to the swarm; its services carry `releaseLabels` afterwards. */
export const deploy = Effect.fn("swarm.deploy")(function* (
  docker: Docker,
  app: App,
  release: Release,
  source: ComposeSource,
  deadlineMs: number,
  bringUp: BringUp
) {
  const start = yield* Clock.currentTimeMillis
  const read = yield* readCompose(docker, app, release, source)
  yield* untilOrphansEnded(docker, app, start + deadlineMs)
  const before = yield* readStack(docker, app.stack)
  yield* bringUp({ docker, app, release, source, read, deadline: start + deadlineMs })
  const services = read.compose.services.map(({ name }) => name)
  const expected = {
    stack: app.stack,
    services,
    commit: release.commit,
    existedBefore: new Set(before.tasks.map(({ ID }) => ID))
  }
  yield* untilConverged({
    look: Effect.map(readStack(docker, app.stack), (seen) => converge(expected, seen)),
    settleMs,
    pollMs,
    deadline: start + deadlineMs,
    units: "tasks",
    // The HEALTHCHECK is what the swarm waits for: its own words come first.
    failed: (reason) =>
      Effect.map(failingChecks(docker, app), (checks) =>
        docker.failed(checks + docker.redact(reason), `see what the tasks say: docker stack ps --no-trunc ${app.stack}`)
      )
  })
  return { services }
})

/**
 * Containers of services that are gone, as an undeploy that ran out of time leaves them, still write. What is started
 * beside them would be a second writer on the same data, which databases do not survive.
 */
const untilOrphansEnded = Effect.fnUntraced(function* (docker: Docker, app: App, deadline: number) {
  while (true) {
    const { services } = yield* readStack(docker, app.stack)
    const known = new Set(services.map(({ ID }) => ID))
    const orphans = (yield* allContainers(docker)).filter(
      (container) =>
        labelOf(container, namespaceLabel) === app.stack &&
        container.State.Running &&
        !known.has(labelOf(container, "com.docker.swarm.service.id") ?? "")
    )
    if (orphans.length === 0) return
    if ((yield* Clock.currentTimeMillis) >= deadline) {
      const names = orphans.map(nameOf)
      return yield* docker.failed(
        `containers of before do not end: ${names.join(", ")}`,
        `docker kill ${names.join(" ")}, then try again`
      )
    }
    yield* Effect.sleep(pollMs)
  }
})
