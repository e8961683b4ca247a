/** Brings a release up and waits until the swarm has done all of it. Whether it is healthy is not asked here. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { App, Release } from "../../domain/App.ts"
import { redact } from "../../process/Redact.ts"
import type { Call, Docker } from "../docker/Docker.ts"
import { findImage, pinned } from "../docker/images.ts"
import { RuntimeFailed } from "../Runtime.ts"
import { converge } from "./Convergence.ts"
import { composeSource } from "./composeEnv.ts"
import { releaseLabels } from "./labels.ts"
import { type ReadRelease, readCompose } from "./readCompose.ts"
import { readStack } from "./Services.ts"

const pollMs = 500
/** A task that ends at once is seen running for a moment: the same tasks must run for so long. */
const settleMs = 1000

export const deploy = Effect.fn("swarm.deploy")(function* (
  docker: Docker,
  call: Call,
  app: App,
  release: Release,
  deadlineMs: number
) {
  const start = yield* Clock.currentTimeMillis
  const source = yield* composeSource(app, release)
  const read = yield* readCompose(docker, call, app, release, source)
  const before = yield* readStack(docker, call, app.stack)
  const files = source.files.flatMap((file) => ["--compose-file", file])
  // The images are here since prefetch; asking the registry again would only add its troubles to the downtime.
  yield* docker.run(
    call,
    ["stack", "deploy", "--prune", "--resolve-image", "never", ...files, "--compose-file", "-", app.stack],
    { env: source.variables, input: yield* override(docker, call, release, read) }
  )
  const services = read.compose.services.map(({ name }) => name)
  const expected = {
    stack: app.stack,
    services,
    commit: release.commit,
    existedBefore: new Set(before.tasks.map(({ ID }) => ID))
  }
  yield* untilConverged(docker, call, app, expected, start + deadlineMs)
  return { services }
})

/**
 * A last compose file, read from standard input: it pins every image to the one that is here, and makes services and
 * containers tell which release they are.
 */
const override = Effect.fnUntraced(function* (docker: Docker, call: Call, release: Release, read: ReadRelease) {
  const labels = releaseLabels(release)
  const services = yield* Effect.forEach(read.compose.services, (service) =>
    Effect.gen(function* () {
      const image = service.image === null ? null : yield* findImage(docker, call, service.image)
      const own = { labels, deploy: { labels } }
      const pin = service.image === null || image === null ? {} : { image: pinned(service.image, image) }
      return [service.name, { ...own, ...pin }] as const
    })
  )
  const schema = read.schemaVersion === null ? {} : { version: read.schemaVersion }
  // JSON is YAML; a `$` would be taken for a variable.
  return JSON.stringify({ ...schema, services: Object.fromEntries(services) }).replaceAll("$", "$$$$")
})

const untilConverged = Effect.fnUntraced(function* (
  docker: Docker,
  call: Call,
  app: App,
  expected: Parameters<typeof converge>[0],
  deadline: number
) {
  const failed = (reason: string) =>
    new RuntimeFailed({
      app: app.name,
      operation: call.operation,
      reason: redact(reason, call.secrets),
      next: `see what the tasks say: docker stack ps --no-trunc ${app.stack}`
    })
  let settled = ""
  let since: number | null = null
  while (true) {
    const seen = converge(expected, yield* readStack(docker, call, app.stack))
    const now = yield* Clock.currentTimeMillis
    if (seen._tag === "Failed") return yield* failed(seen.reason)
    if (seen._tag === "Converged") {
      const running = seen.running.toSorted().join()
      if (settled !== running || since === null) since = now
      settled = running
      if (now - since >= settleMs) return
    } else {
      since = null
    }
    if (now >= deadline) {
      const last = seen._tag === "Waiting" ? seen.waitingFor.join("; ") : "its tasks do not stay up"
      return yield* failed(`it has not converged in time: ${last}`)
    }
    yield* Effect.sleep(pollMs)
  }
})
