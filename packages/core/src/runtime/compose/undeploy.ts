/** Takes a project down and waits until nothing of it, and nobody else, can write to its volumes (LAW-1). */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { App } from "../../domain/App.ts"
import { nameOf } from "../docker/containers.ts"
import type { Docker } from "../docker/Docker.ts"
import { NotQuiet } from "../Runtime.ts"
import { isMadeByCompose, isStopping, plainName, stoppingName } from "./Project.ts"
import { composeTool } from "./plugin.ts"
import { describeLeft, type Leftovers, leftovers } from "./quiet.ts"

const pollMs = 500
/** The wait ends first. */
const clientGraceMs = 60_000

export const undeploy = Effect.fn("compose.undeploy")(function* (docker: Docker, app: App, deadlineMs: number) {
  const start = yield* Clock.currentTimeMillis
  let found = yield* leftovers(docker, app)
  const removed = found.containers.map(plainName)
  while (describeLeft(found).length > 0) {
    const spent = (yield* Clock.currentTimeMillis) - start
    yield* push(docker, app, found, Math.max(0, deadlineMs - spent))
    found = yield* leftovers(docker, app)
    const left = describeLeft(found)
    const waitedMs = (yield* Clock.currentTimeMillis) - start
    if (left.length === 0) break
    if (waitedMs >= deadlineMs) return yield* new NotQuiet({ app: app.name, left, waitedMs })
    yield* Effect.sleep(pollMs)
  }
  return { removed, quietAfterMs: (yield* Clock.currentTimeMillis) - start }
})

/**
 * One push towards quiet. Each command may fail because the engine is not there yet (a network still in use) or already
 * further (a container gone meanwhile): the next look decides, not its answer.
 *
 * `down` needs no compose file, which may be gone: the project's name finds containers and networks, labels tell the order
 * in which they are stopped. Never with `--volumes`. An end of time ends the wait, not the stop that the engine is at.
 */
const push = Effect.fnUntraced(function* (docker: Docker, app: App, found: Leftovers, leftMs: number) {
  const tryTo = (...args: ReadonlyArray<string>) => docker.run(args, { codes: [0, 1] })
  const made = found.containers.filter(isMadeByCompose)
  if (found.containers.length === 0 && found.networks.length > 0) yield* tryTo("network", "rm", ...found.networks)
  for (const container of made) {
    // One that is paused hears no SIGTERM: it would be killed, ten seconds later.
    if (container.State.Status === "paused") yield* tryTo("container", "unpause", container.Id)
    // For a deploy after this has run out of time: the engine does not say that it is stopping a container.
    if (container.State.Running && !isStopping(container)) {
      yield* tryTo("container", "rename", nameOf(container), stoppingName(container))
    }
  }
  if (made.length > 0) {
    const nothingOfARelease = ["--project-directory", "/", "--env-file", "/dev/null"]
    yield* composeTool(docker, app.stack, [...nothingOfARelease, "down", "--remove-orphans"], {
      timeoutMs: leftMs + clientGraceMs
    }).pipe(Effect.timeoutOption(leftMs))
  }
  // Compose does not know what somebody else gave its label to. What of it runs is named, not stopped.
  const ended = found.containers.filter((container) => !made.includes(container) && !container.State.Running)
  if (ended.length > 0) yield* tryTo("container", "rm", ...ended.map(({ Id }) => Id))
})
