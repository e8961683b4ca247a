/** The waits of a deploy of a stack, before and after the tool runs. */
import * as Effect from "effect/Effect"
import type { App } from "../../domain/App.ts"
import { allContainers, labelOf } from "../docker/containers.ts"
import type { Docker } from "../docker/Docker.ts"
import type { Ready } from "../docker/deploy.ts"
import { namespaceLabel, readStack, type Stack } from "../docker/stack/Services.ts"
import type { ReadRelease } from "../docker/stack/StackTool.ts"
import { untilEnded } from "../docker/untilEnded.ts"
import { failingChecks } from "./access.ts"
import { converge } from "./Convergence.ts"

/** Whether a stack matches the release. */
export const convergeTo = ({ app, release, read }: Ready<ReadRelease>, before: Stack, begunAt: number) => {
  const expected = {
    stack: app.stack,
    services: servicesOf(read),
    commit: release.commit,
    existedBefore: new Set(before.tasks.map(({ ID }) => ID)),
    begunAt
  }
  return (seen: Stack, now: number) => converge(expected, seen, now)
}

export const servicesOf = ({ compose }: ReadRelease): ReadonlyArray<string> => compose.services.map(({ name }) => name)

/** The swarm waits for HEALTHCHECKs, so their output comes first. */
export const failedDeploy = (docker: Docker, app: App, reason: string) =>
  Effect.map(failingChecks(docker, app), (checks) =>
    docker.failed(checks + docker.redact(reason), `inspect the tasks: docker stack ps --no-trunc ${app.stack}`)
  )

export const pollMs = 500

/** Containers of removed services still write, as an undeploy that timed out leaves them. */
export const untilOrphansEnded = Effect.fnUntraced(function* (app: App, { docker }: ReadRelease, deadline: number) {
  const orphans = Effect.gen(function* () {
    const { services } = yield* readStack(docker, app.stack)
    const known = new Set(services.map(({ ID }) => ID))
    return (yield* allContainers(docker)).filter(
      (container) =>
        labelOf(container, namespaceLabel) === app.stack &&
        container.State.Running &&
        !known.has(labelOf(container, "com.docker.swarm.service.id") ?? "")
    )
  })
  yield* untilEnded(docker, orphans, { deadline, pollMs })
})
